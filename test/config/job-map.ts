/** This many jobs as a map for the setting `jobs`, each under its own name. */
export function jobMap(count: number): Readonly<Record<string, { readonly project: string; readonly job: string }>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`line-${at}`, { project: "p", job: `job-${at}` }]),
  );
}
