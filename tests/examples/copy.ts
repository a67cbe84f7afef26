import { cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

export const root = resolve(__dirname, "..", "..", "..");
export const examples = join(root, "examples");

const modules = join(root, "node_modules");
const commands = {
  "pulumi-trieve": join(root, "dist", "provider", "cli", "main.js"),
  "pulumi-resource-trieve": join(root, "dist", "provider", "plugin", "main.js"),
  tsc: join(modules, "typescript", "bin", "tsc"),
};

/** An example in a folder of its own, as after `npm ci`: with what its package.json names, and nothing else. */
export async function copyExample(name: string): Promise<string> {
  const parent = join(root, "dist", "examples");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, `${name}-`));
  await cp(join(examples, name), folder, {
    recursive: true,
    filter: (path) => !path.endsWith("node_modules"),
  });
  const bin = join(folder, "node_modules", ".bin");
  await mkdir(bin, { recursive: true });
  await symlink(root, join(folder, "node_modules", "pulumi-trieve"));
  for (const dependency of ["@pulumi", "typescript"])
    await symlink(join(modules, dependency), join(folder, "node_modules", dependency));
  for (const [command, file] of Object.entries(commands))
    await writeFile(join(bin, command), `#!/bin/sh\nexec node "${file}" "$@"\n`, { mode: 0o755 });
  return folder;
}
