// What the pages do beyond HTML: they follow what arrives, send filters at each change, show the slider's time, accept dropped files.
// Everything works without it.

const SWAP_MS = 1_000;
const REFRESH_MS = 60_000;

follow();
submitFilters();
slideThroughTime();
takeDrops();
// On a narrow screen the navigation scrolls.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/** Fetches this page again when the server says that something was stored, at most once a second, and swaps the parts that differ. */
function follow(): void {
  const address = document.body.dataset.follow;
  if (address === undefined) return;
  let source: EventSource | null = null;
  let timer: number | null = null;
  let isFetching = false;
  let last = 0;
  const later = (): void => {
    if (timer !== null || document.hidden) return;
    timer = window.setTimeout(
      () => {
        timer = null;
        void refresh();
      },
      Math.max(0, last + SWAP_MS - performance.now()),
    );
  };
  const refresh = async (): Promise<void> => {
    if (isFetching) return;
    isFetching = true;
    try {
      const response = await fetch(location.href, { headers: { "x-fragments": "1" } });
      if (response.ok) swap(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      // The next event, or the next minute, tries again.
    } finally {
      last = performance.now();
      isFetching = false;
    }
  };
  const open = (): void => {
    if (source !== null || document.hidden) return;
    const opened = new EventSource(address);
    source = opened;
    opened.addEventListener("changed", later);
    // A browser reconnects by itself after a lost connection, but not after an error as a proxy answers while the fleet
    // restarts.
    opened.addEventListener("error", () => {
      if (opened.readyState === EventSource.CLOSED && source === opened) source = null;
    });
  };
  // Browsers open six connections to a server at most: hidden pages close theirs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      open();
      later();
    }
  });
  // Updates held back during a confirmation follow once it is over.
  document.addEventListener(
    "toggle",
    ({ target }) => target instanceof HTMLDetailsElement && !target.open && later(),
    true,
  );
  // Times such as "3 min ago" grow old by themselves.
  setInterval(() => {
    open();
    later();
  }, REFRESH_MS);
  open();
}

function swap(fresh: Document): void {
  for (const now of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const next = fresh.getElementById(now.id);
    if (next === null || next.innerHTML === now.dataset.served || isInUse(now)) continue;
    const served = next.innerHTML;
    if (now.dataset.served === undefined && served === now.innerHTML) continue;
    const focused = now.contains(document.activeElement) ? spotOf(now, document.activeElement) : null;
    const open = [...now.querySelectorAll("details[open]")].map((each) => spotOf(now, each));
    now.replaceChildren(...document.adoptNode(next).childNodes);
    for (const spot of open) at(now, spot)?.setAttribute("open", "");
    now.dataset.served = served;
    if (focused !== null) at(now, focused)?.focus({ preventScroll: true });
  }
}

/** A part in which the user is typing, choosing, confirming or selecting text is not replaced. */
function isInUse(part: HTMLElement): boolean {
  if (part.querySelector("details.give-up[open], details.silence[open]") !== null) return true;
  const active = document.activeElement;
  if (part.contains(active) && active?.matches("input, select, textarea")) return true;
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode);
}

/** The position of an element: the key of its row, since rows move and others are inserted, and the child indexes below it. */
interface Spot {
  readonly key: string | undefined;
  readonly path: readonly number[];
}

function spotOf(top: HTMLElement, element: Element | null): Spot {
  const path: number[] = [];
  for (let each = element; each !== null && each !== top; each = each.parentElement) {
    if (each instanceof HTMLElement && each.dataset.key !== undefined) return { key: each.dataset.key, path };
    path.unshift([...(each.parentElement?.children ?? [])].indexOf(each));
  }
  return { key: undefined, path };
}

/** The element there now; null if its row is gone. */
function at(top: HTMLElement, { key, path }: Spot): HTMLElement | null {
  const rows = [...top.querySelectorAll<HTMLElement>("[data-key]")];
  let found: Element | undefined = key === undefined ? top : rows.find(({ dataset }) => dataset.key === key);
  for (const index of path) found = found?.children[index];
  return found instanceof HTMLElement ? found : null;
}

function submitFilters(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-submit-on-change]")) {
    form.addEventListener("change", (event) => {
      if (event.target instanceof HTMLSelectElement) form.requestSubmit();
    });
  }
  // Empty fields stay out of the address.
  for (const form of document.querySelectorAll<HTMLFormElement>("form:not([method])")) {
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
    });
  }
}

function slideThroughTime(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-time]");
  const slider = form?.querySelector<HTMLInputElement>("input[type=range]");
  const output = form?.querySelector("output");
  if (form == null || slider == null || output == null) return;
  const show = (): void => {
    const hours = Number(slider.value);
    const when = new Date(Date.now() + hours * 3_600_000);
    output.value = hours === 0 ? "now" : `${when.toUTCString().slice(5, 11)} ${when.toISOString().slice(11, 16)} UTC`;
  };
  slider.addEventListener("input", show);
  slider.addEventListener("change", () => form.requestSubmit());
}

function takeDrops(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-drop]")) {
    const field = form.querySelector<HTMLInputElement>("input[type=file]");
    form.addEventListener("dragover", (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
    form.addEventListener("dragleave", () => form.classList.remove("over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("over");
      const files = event.dataTransfer?.files;
      if (field === null || files === undefined || files.length === 0) return;
      field.files = files;
      form.requestSubmit();
    });
  }
}
