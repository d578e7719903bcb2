/** The face that the test sees of a program which is written against testcontainers' own types. */
export const checks: Readonly<Record<string, () => Promise<void>>>;
