import * as pulumi from "@pulumi/pulumi";

/**
 * What a program fails with where its user can mend it: the text is all of it. The SDK prints no stack of a `RunError`
 * while the program runs, but does of one that is thrown later, in an `apply`. (An error that is only logged does not
 * make a run fail: seen.)
 */
export function problem(text: string): pulumi.RunError {
  const error = new pulumi.RunError(text);
  error.stack = text;
  return error;
}

/** Does what fails only for reasons that the user can mend, such as a folder that cannot be written to. */
export function mendable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw problem((error as Error).message);
  }
}
