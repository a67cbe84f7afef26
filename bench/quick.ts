import { contenders } from "./contenders";
import { cycle, Sandbox } from "./cycle";
import { Server, type Speed } from "./server";

async function main() {
  const [n, cp, which, speed, rounds] = process.argv.slice(2);
  const sandbox = new Sandbox();
  const server = await Server.start(
    (speed === "real" ? "service times of a real server" : "no service time") as Speed,
  );
  try {
    for (let r = 0; r < Number(rounds ?? 1); r++)
      for (const c of contenders.filter((_, i) => (which ?? "0123").includes(String(i)))) {
        for await (const s of cycle(sandbox, server, c, {
          people: Number(n),
          checkpoints: cp === "1",
        })) {
          const { wallMs, cpuMs, peakBytes, writtenBytes, busy } = s.cost;
          console.log(
            c.name.slice(0, 18).padEnd(18),
            s.verb.padEnd(16),
            (wallMs / 1000).toFixed(2).padStart(7),
            "s cpu",
            String(cpuMs).padStart(6),
            "MB",
            (peakBytes / 1e6).toFixed(0),
            "written MB",
            (writtenBytes / 1e6).toFixed(1),
            "busy",
            busy.toFixed(2),
            "inflight",
            s.inFlight,
            JSON.stringify(s.requests),
            s.state && Math.round(s.state.bytes / Number(n)),
            s.state && Math.round(s.state.compactBytes / Number(n)),
          );
        }
      }
  } finally {
    await server.stop();
    if (!process.env.KEEP) sandbox.remove();
  }
}
void main();
