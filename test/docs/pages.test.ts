import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, blocksOf, PAGES, type Page, proseOf, TOP } from "./pages.js";

const MANIFEST = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"));

/** Where a page links to inside the repository: file and anchor. */
function linksOf({
  file,
  text,
}: Page): readonly { readonly link: string; readonly file: string; readonly anchor: string }[] {
  const links = [...proseOf({ file, text }).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, defined]) => inline ?? defined ?? "",
  );
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = "", anchor = ""] = link.split("#");
      return { link, file: path === "" ? file : normalize(join(file, "..", path)), anchor };
    });
}

describe.each(PAGES)("$file", (page) => {
  it("has one title, and no line over 120 characters", () => {
    const long = page.text.split("\n").filter((line) => line.length > 120);

    expect(page.text.replace(/^ *(```+)[^\n]*\n.*?\n *\1$/gms, "").match(/^# .+$/gm)).toHaveLength(1);
    expect(long).toEqual([]);
  });

  it("has at most 200 lines, unless it is a reference", () => {
    const most = /^docs\/(reference|upstream)\//.test(page.file) ? 2000 : 200;

    expect(page.text.split("\n").length - 1).toBeLessThanOrEqual(most);
  });

  it("links to files and headings that are there", () => {
    const broken = linksOf(page).filter(({ file, anchor }) => {
      if (!existsSync(join(TOP, file))) return true;
      const target = PAGES.find((each) => each.file === file);
      return anchor !== "" && (target === undefined || !anchorsOf(target).has(anchor));
    });

    expect(broken.map(({ link }) => link)).toEqual([]);
  });

  it("names files of the repository that are there", () => {
    const named =
      page.text.match(/(?<![\w./-])(?:src|test|recipe|docs|examples|scripts|bench)\/[\w./-]+\.[a-z]+\b/g) ?? [];

    expect([...new Set(named)].filter((file) => !existsSync(join(TOP, file)))).toEqual([]);
  });

  it("names npm scripts that package.json has", () => {
    const named = [...page.text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);

    expect(named.filter((name) => !Object.hasOwn(MANIFEST.scripts, name))).toEqual([]);
  });

  it("shows JSON that is JSON", () => {
    const broken = blocksOf(page)
      .filter(({ language }) => language === "json")
      .filter(({ text }) => {
        try {
          JSON.parse(text);
          return false;
        } catch {
          return true;
        }
      });

    expect(broken.map(({ line }) => line)).toEqual([]);
  });
});

describe("the pages", () => {
  it("are all linked from the README, or from a page that it links to", () => {
    const reached = new Set(["README.md"]);
    for (const file of reached) {
      const page = PAGES.find((each) => each.file === file);
      if (page !== undefined) for (const link of linksOf(page)) reached.add(link.file);
    }

    expect(PAGES.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([]);
  });

  it("say of dependencies that stay where they are what package.json has", () => {
    const text = readFileSync(join(TOP, "CONTRIBUTING.md"), "utf8");
    const rows = [...text.matchAll(/^\| `?([\w@/-]+)`? \| (\d[\d.]*) \| [^|]+ \|$/gm)];
    const versions = { ...MANIFEST.dependencies, ...MANIFEST.devDependencies };

    expect(rows.length).toBeGreaterThan(3);
    for (const [, name = "", version] of rows)
      expect(`${name} ${versions[name.toLowerCase()]}.`.startsWith(`${name} ${version}.`)).toBe(true);
  });
});
