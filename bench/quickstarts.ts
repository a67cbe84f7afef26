import { Sandbox } from "./cycle";
import { starts } from "./starts";

async function main() {
  const s = new Sandbox();
  for (const st of starts(s)) {
    const a: number[] = [],
      b: number[] = [];
    for (let i = 0; i < 11; i++) {
      a.push(await st.bare());
      b.push(await st.ours());
    }
    a.sort((x, y) => x - y);
    b.sort((x, y) => x - y);
    console.log(
      st.what,
      a[0]?.toFixed(0),
      a[5]?.toFixed(0),
      b[0]?.toFixed(0),
      b[5]?.toFixed(0),
      "ratio min",
      ((b[0] ?? 0) / (a[0] ?? 1)).toFixed(2),
      "med",
      ((b[5] ?? 0) / (a[5] ?? 1)).toFixed(2),
    );
  }
  if (!process.env.KEEP) s.remove();
  else console.log(s.folder);
}
void main();
