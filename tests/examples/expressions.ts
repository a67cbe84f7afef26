// Expressions of GitHub Actions, evaluated with GitHub's own library.

export type Context = Readonly<Record<string, unknown>>;

/**
 * Whether an `if` holds.
 *
 * @param success whether all steps so far went well
 */
export async function holds(
  condition: string | undefined,
  context: Context,
  success: boolean,
): Promise<boolean> {
  const source = condition?.replace(/^\$\{\{|\}\}$/g, "") ?? "success()";
  // A condition that does not ask for the status asks for success.
  const asks = /\b(success|failure|always|cancelled)\(/.test(source);
  const value = await evaluate(source, context, success);
  return value !== "false" && value !== "" && (asks || success);
}

/** The values of an `env`, each at most one expression. */
export async function interpolate(
  env: Readonly<Record<string, string>>,
  context: Context,
): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const [, source] = /^\$\{\{(.*)\}\}$/.exec(value) ?? [];
    result[name] = source === undefined ? value : await evaluate(source, context, true);
  }
  return result;
}

async function evaluate(source: string, context: Context, success: boolean): Promise<string> {
  const { data, Evaluator, Lexer, Parser } = await import("@actions/expressions");
  const status = (name: string, value: boolean) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  const functions = [
    status("success", success),
    status("failure", !success),
    status("always", true),
    status("cancelled", false),
  ];
  const { tokens } = new Lexer(source).lex();
  const expression = new Parser(tokens, Object.keys(context), functions).parse();
  const known = JSON.parse(JSON.stringify(context), data.reviver) as InstanceType<
    typeof data.Dictionary
  >;
  const implementations = new Map(functions.map((one) => [one.name, one]));
  return new Evaluator(expression, known, implementations).evaluate().coerceString();
}
