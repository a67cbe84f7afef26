type Defined<T> = {
  [K in keyof T]: null extends T[K] ? Exclude<T[K], null> | undefined : T[K];
};

/** The same properties without those whose value is undefined or null: what was not given is missing. */
export function defined<T extends object>(values: T): Defined<T> {
  const entries = Object.entries(values).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(entries) as Defined<T>;
}
