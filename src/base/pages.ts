/** Where the repository is: `homepage` in package.json. */
export const HOMEPAGE = "https://github.com/packdrift/packdrift";

/** The address of a page of the repository, such as `docs/troubleshooting.md`. */
export function pageAddress(page: string): string {
  return `${HOMEPAGE}/blob/main/${page}`;
}
