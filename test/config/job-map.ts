/** So many jobs as the setting `jobs` has them, by names of their own. */
export function jobMap(count: number): Readonly<Record<string, { readonly project: string; readonly job: string }>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`line-${at}`, { project: "p", job: `job-${at}` }]),
  );
}
