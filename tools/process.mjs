import { spawn } from "node:child_process";
import { Trouble } from "./console.mjs";

/** Runs a program with its output kept, and gives that. On failure its last lines become the error. */
export async function capture(command, args, { advice, timeLimit, ...options } = {}) {
  // A process group of its own, so that what the program has started ends with it.
  const child = spawn(command, args, {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const stop = () => process.kill(-child.pid);
  const limit = timeLimit && setTimeout(stop, timeLimit);
  const interrupt = () => {
    stop();
    process.exit(130);
  };
  const { code, error } = await ended(child, interrupt);
  clearTimeout(limit);
  if (code === 0) return output;
  const lines = [...output.trim().split("\n").slice(-100), error?.message, advice];
  throw new Trouble(lines.filter(Boolean).join("\n"));
}

/** Runs a program that speaks to the person itself, and gives its exit code. */
export async function show(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
  // Ctrl-C reaches the program directly; a `kill` of this process does not. Either way it may tidy up.
  const { code, error } = await ended(child, (signal) => signal === "SIGTERM" && child.kill());
  if (error) throw error;
  return code ?? 1;
}

function ended(child, onSignal) {
  const signals = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, onSignal);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.on("close", (code) => resolve({ code }));
  }).finally(() => {
    for (const signal of signals) process.off(signal, onSignal);
  });
}
