// What people read: one line per step, progress while it lasts, colour only on a terminal.

const terminal = process.stdout.isTTY === true;
export const colour = terminal && !process.env.NO_COLOR;
const style = (code) => (text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = style(1);
export const dim = style(2);
export const green = style(32);
export const red = style(31);

/** A failure that a person can mend; its message says how, so it is shown without a stack. */
export class Trouble extends Error {}

export function say(text = "") {
  process.stdout.write(`${text}\n`);
}

/** Does the work under one line: `label  3.1 s`, with signs of life if it lasts. */
export async function step(label, work) {
  const started = performance.now();
  const elapsed = () => dim(duration(performance.now() - started));
  const progress = terminal
    ? setInterval(() => process.stdout.write(`\r  ${label}  ${elapsed()} `), 1_000)
    : afterTwoSeconds(() => say(`  ${label}  ${elapsed()}`));
  const end = (mark) => {
    clearInterval(progress);
    say(`${terminal ? "\r" : ""}${mark} ${label}  ${elapsed()} `);
  };
  try {
    const result = await work();
    end(green("✓"));
    return result;
  } catch (error) {
    end(red("✗"));
    throw error;
  }
}

/** A log has no line to redraw: one line soon, so that nobody wonders, then one every ten seconds. */
function afterTwoSeconds(report) {
  let seconds = 0;
  return setInterval(() => {
    seconds += 1;
    if (seconds === 2 || seconds % 10 === 0) report();
  }, 1_000);
}

function duration(milliseconds) {
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
