import { assert, assertEquals } from "@std/assert";
import { globMatches } from "./glob.ts";
import { latin1Slice, Slice } from "./store/slice.ts";
import { seeded } from "./store/test_util.ts";

/** The meaning of a pattern, written down with no thought of time: a set of bytes or a star, one by one. */
function meaning(pattern: string, text: string, ignoreCase: boolean): boolean {
  const fold = (character: string) =>
    ignoreCase ? character.replace(/[A-Z]/, (c) => c.toLowerCase()) : character;
  const asChar = (character: string) => (character.charCodeAt(0) << 24) >> 24;
  type Element = "*" | ((character: string) => boolean);
  const elements: Element[] = [];
  for (let rest = pattern; rest !== "";) {
    const star = /^\*+/.exec(rest)?.[0];
    const escaped = /^\\(.)/s.exec(rest)?.[1];
    const klass = /^\[(\^?)((?:\\.|(?!\\.)[^\]]-.|(?!\\.)[^\]])*)(?:\]|$)/s.exec(rest);
    if (star) {
      elements.push("*");
      rest = rest.slice(star.length);
    } else if (rest[0] === "?") {
      elements.push(() => true);
      rest = rest.slice(1);
    } else if (klass) {
      const [whole, caret, inside = ""] = klass;
      const parts = inside.match(/\\.|.-.|./gs) ?? [];
      elements.push((character) =>
        parts.some((part) => {
          if (part[0] === "\\" && part.length === 2) return part[1] === character;
          if (part.length < 3) return fold(part) === fold(character);
          const ends = [part[0] ?? "", part[2] ?? ""].sort((a, b) => asChar(a) - asChar(b));
          const [from = "", to = ""] = ends.map(fold);
          const byte = asChar(fold(character));
          return byte >= asChar(from) && byte <= asChar(to);
        }) !== (caret === "^")
      );
      rest = rest.slice(whole.length);
    } else {
      const literal = escaped ?? rest[0] ?? "";
      elements.push((character) => fold(character) === fold(literal));
      rest = rest.slice(escaped === undefined ? 1 : 2);
    }
  }
  const matches = (element: number, at: number): boolean => {
    const first = elements[element];
    if (first === undefined) return at === text.length;
    if (first !== "*") {
      return at < text.length && first(text[at] ?? "") && matches(element + 1, at + 1);
    }
    return matches(element + 1, at) || (at < text.length && matches(element, at + 1));
  };
  return text === "" ? pattern === "" : matches(0, 0);
}

const matches = (pattern: string, text: string, ignoreCase = false) =>
  globMatches(latin1Slice(pattern), latin1Slice(text), ignoreCase);

Deno.test("globMatches() matches as Redis does", () => {
  // What `KEYS` of a 7.0.15 finds: pattern, texts that match, texts that do not.
  const cases: [string, string[], string[]][] = [
    ["", [""], ["a"]],
    ["*", ["a", "\0"], [""]],
    ["**", ["a"], [""]],
    ["h?llo", ["hello", "h\xffllo"], ["hllo", "heello"]],
    ["h*llo", ["hllo", "heeeello", "hllollo"], ["hell"]],
    ["h[ae]llo", ["hello", "hallo"], ["hillo"]],
    ["h[^e]llo", ["hallo"], ["hello", "hllo"]],
    ["h[a-b]llo", ["hallo", "hbllo"], ["hcllo"]],
    ["h[b-a]llo", ["hallo", "hbllo"], ["hcllo"]],
    ["[a-]", ["a", "]", "^"], ["-", "b"]],
    ["[]-a]", [], ["]-a]", "]", "a"]],
    ["[]", [], ["", "]", "["]],
    ["[^]", ["]", "a"], ["ab"]],
    ["[", [], ["["]],
    ["[^", ["[", "a", "^"], ["ab"]],
    ["[ab", ["a", "b"], ["[", "[ab", "c"]],
    ["[a\\", ["a", "\\"], ["b"]],
    ["[a\\]", ["a", "]"], ["\\"]],
    ["[\\a-c]", ["a", "-", "c"], ["b"]],
    ["[a-\\]]", ["]]", "\\]"], ["b]", "a"]],
    ["\\*", ["*"], ["\\*", "a"]],
    ["\\", ["\\"], [""]],
    ["a\\", ["a\\"], ["a"]],
    ["[a-\xff]", ["a", "\x00", "\xff"], ["b", "\x80", "\xfe"]],
    ["a*", ["a", "ab"], ["", "ba"]],
    ["*a*b*", ["ab", "xaxbx"], ["ba"]],
  ];
  for (const [pattern, matching, others] of cases) {
    for (const text of matching) assert(matches(pattern, text), `${pattern} ${text}`);
    for (const text of others) assert(!matches(pattern, text), `${pattern} ${text}`);
  }
});

Deno.test("globMatches() ignores the case of letters where it is told to", () => {
  assert(matches("HeL*", "hEllO", true));
  assert(matches("[A-C]x", "bX", true));
  assert(!matches("[\\B]", "b", true));
  // Swapped by their bytes first, then the other way round.
  assert(!matches("[a-Z]", "z", true));
  assert(!matches("\xc9", "\xe9", true));
});

Deno.test("globMatches() means the same as a plain reading of any pattern", () => {
  const random = seeded(11);
  const alphabet = ["a", "b", "A", "*", "?", "[", "]", "^", "-", "\\", "\xff"];
  const word = (letters: string[], length: number) =>
    Array.from({ length: random() * length }, () => letters[Math.floor(random() * letters.length)])
      .join("");
  let matched = 0;
  for (let i = 0; i < 60_000; i++) {
    const pattern = word(alphabet, 9);
    const text = word(["a", "b", "A", "a", "b", "]", "-", "\\", "\xff"], 6);
    const ignoreCase = i % 2 === 0;
    const expected = meaning(pattern, text, ignoreCase);
    assertEquals(
      matches(pattern, text, ignoreCase),
      expected,
      JSON.stringify({ pattern, text, ignoreCase }),
    );
    if (expected) matched++;
  }
  assert(matched > 1000);
});

Deno.test("globMatches() cannot be made to take long", () => {
  let steps = 0;
  class Counting extends Slice {
    override at(index: number): number {
      steps++;
      return super.at(index);
    }
  }
  const counting = (text: string) => new Counting(latin1Slice(text).bytes);
  const text = "a".repeat(1000);
  for (
    const pattern of [
      "a*".repeat(100) + "b",
      "*a".repeat(500) + "b",
      "[a-z]*".repeat(50) + "b",
      "*" + "a".repeat(100) + "b",
    ]
  ) {
    steps = 0;
    assert(!globMatches(counting(pattern), counting(text)));
    assert(steps <= 6 * pattern.length * text.length, `${steps} steps of ${pattern}`);
  }
});

Deno.test("globMatches() gives up at 1001 stars", () => {
  const text = "a".repeat(2000);
  assert(matches("*a".repeat(1000), text));
  assert(matches("*a".repeat(1000) + "*", text));
  assert(!matches("*a".repeat(1001), text));
});
