import { describe, expect, it } from "vitest";
import { escapeHtml, Html, html } from "../../../src/fleet/web/html.js";

describe("html", () => {
  it("escapes text between tags and in attributes, and leaves markup alone", () => {
    const inner = html`<b title="${`"'<`}">${"<script>&"}</b>`;

    expect(String(html`<p>${inner}${[html`<i>${1}</i>`, "<"]}</p>`)).toBe(
      '<p><b title="&quot;&#39;&lt;">&lt;script&gt;&amp;</b><i>1</i>&lt;</p>',
    );
  });

  it("shows nothing for null, undefined and false, and 0 for 0", () => {
    expect(String(html`[${null}${undefined}${false}${0}]`)).toBe("[0]");
  });

  it("escapes a value of another type than declared, which a device's JSON may have", () => {
    const value = JSON.parse('{"toString":"x","length":3}') as string;

    expect(() => String(html`${value}`)).toThrow();
    expect(String(html`${{ a: "<" } as unknown as string}${true as unknown as string}`)).toBe("[object Object]true");
  });

  it("spells out characters that would hide or reorder others", () => {
    expect(escapeHtml("a‮b​\u0000\u2028\n\tc")).toBe("a\\u{202e}b\\u{200b}\\u{0}\\u{2028}\n\tc");
  });

  it("is the only way to make markup", () => {
    expect(() => new Html(Symbol("html") as never, "<b>")).toThrow("Only html");
  });
});
