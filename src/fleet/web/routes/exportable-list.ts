import { refuseKey } from "../../state/page-keys.js";
import type { Page, Paged } from "../../state/views.js";
import { type Cell, csvLine } from "../csv.js";

/** A list that is paged by key, and its columns in a spreadsheet. */
export interface ExportableList {
  read(page: Page): Promise<Paged<object>>;
  header(): string;
  line(item: object): string;
}

type Column<T> = readonly [name: string, cell: (item: T) => Cell];

export function exportableList<T extends object>(
  read: (page: Page) => Promise<Paged<T>>,
  columns: readonly Column<T>[],
): ExportableList {
  return {
    read,
    header: () => csvLine(columns.map(([name]) => name)),
    // Only called with items from `read`.
    line: (item) => csvLine(columns.map(([, cell]) => cell(item as T))),
  };
}

/** A list that is read as a whole: its pages begin at a number. */
export function slicedPages<T>(read: () => Promise<readonly T[]>): (page: Page) => Promise<Paged<T>> {
  return async ({ limit, after }) => {
    const items = await read();
    if (after !== undefined && !/^\d{1,9}$/.test(after)) refuseKey();
    const from = Number(after ?? 0);
    const to = from + limit;
    return { items: items.slice(from, to), next: items.length > to ? String(to) : null };
  };
}

const PAGE = 500;

/** A whole list as CSV or NDJSON, read page by page while it is sent. */
export async function* exported(
  list: ExportableList,
  format: "csv" | "ndjson",
  after: string | undefined,
): AsyncGenerator<string> {
  if (format === "csv") yield list.header();
  let next: string | null | undefined = after;
  do {
    const page: Paged<object> = await list.read({ limit: PAGE, ...(next != null && { after: next }) });
    yield page.items.map((item) => (format === "csv" ? list.line(item) : `${JSON.stringify(item)}\n`)).join("");
    next = page.next;
  } while (next !== null);
}
