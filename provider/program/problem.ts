import * as pulumi from "@pulumi/pulumi";

/**
 * Error that the user can correct. The message is complete, so no stack is printed. The SDK prints none of a `RunError`
 * while the program runs, but does of one that is thrown later, in an `apply`. An error that is only logged does not
 * make a run fail.
 */
export function problem(text: string): pulumi.RunError {
  const error = new pulumi.RunError(text);
  error.stack = text;
  return error;
}

/** Runs work that fails only for reasons that the user can correct, such as a folder that cannot be written to. */
export function mendable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw problem((error as Error).message);
  }
}
