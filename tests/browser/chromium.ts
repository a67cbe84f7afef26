import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What to do where there is none. */
export const advice = "install Chromium or Chrome, or set CHROMIUM_PATH";

const onPath = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
const onMacs = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser of this machine: `CHROMIUM_PATH`, else the first that is where browsers are. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = "" } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  const folders = PATH.split(delimiter).filter((folder) => folder !== "");
  const places = onPath.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...places, ...onMacs].find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
