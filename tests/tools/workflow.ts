import { registerHooks } from "node:module";

/** What GitHub's language service has to say against a workflow. */
export async function workflowProblems(text: string): Promise<string[]> {
  // The package imports JSON as bundlers allow it.
  registerHooks({
    load: (url, context, next) =>
      next(
        url,
        url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context,
      ),
  });
  const { validate } = await import("@actions/languageservice");
  const { TextDocument } = await import("vscode-languageserver-textdocument");
  const found = await validate(TextDocument.create("file:///w.yml", "yaml", 0, text));
  return found.map(({ message, range }) => `${range.start.line + 1}: ${message}`);
}
