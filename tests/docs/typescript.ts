import { join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(__dirname, "..", "..", "..");

/** As a careful user has them. The target is Pulumi's own. */
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2020,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ["node"],
  typeRoots: [join(root, "node_modules", "@types")],
};

/**
 * Compiles each source as a program of its own, against the package as it is built.
 *
 * @returns by name what is wrong, each as `3: Cannot find name 'x'.`, with the line in the source
 */
export function typeErrors(sources: Readonly<Record<string, string>>): Record<string, string[]> {
  const names = Object.keys(sources);
  const files = new Map(names.map((name, i) => [join(root, "dist", `block-${i}.ts`), name]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  const sourceOf = (file: string) => sources[files.get(resolve(file)) ?? ""];
  host.fileExists = (file) => sourceOf(file) !== undefined || fileExists(file);
  host.readFile = (file) => sourceOf(file) ?? readFile(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const source = sourceOf(file);
    if (source === undefined) return getSourceFile(file, languageVersion, ...rest);
    return ts.createSourceFile(file, source, languageVersion);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return Object.fromEntries(
    [...files].map(([file, name]) => [
      name,
      ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(describe),
    ]),
  );
}

function describe({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
}
