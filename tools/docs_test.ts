import { assert, assertEquals } from "@std/assert";

const ROOT = `${import.meta.dirname}/..`;

const read = (file: string) => Deno.readTextFileSync(`${ROOT}/${file}`);

function markdownIn(directory: string): string[] {
  return [...Deno.readDirSync(`${ROOT}/${directory}`)]
    .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `${directory}${name}`);
}

const FILES = ["", "docs/", "cache/", "cache/docs/"].flatMap(markdownIn);

/** The links of a file into the project: the files that they lead to, and the headings there. */
function linksOf(file: string): { path: string; anchor: string | undefined }[] {
  const directory = file.slice(0, file.lastIndexOf("/") + 1);
  const text = read(file).replace(/^```.*?^```/gms, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path, anchor] = target.split("#");
      const { pathname } = new URL(path || file.slice(directory.length), `file:///${directory}`);
      return { path: pathname.slice(1), anchor };
    });
}

/** The anchors of a file's headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("the documentation's links lead somewhere", () => {
  let links = 0;
  for (const file of FILES) {
    for (const { path, anchor } of linksOf(file)) {
      assert(Deno.statSync(`${ROOT}/${path}`), `${file} links to ${path}`);
      if (anchor !== undefined) assert(anchorsOf(path).includes(anchor), `${path}#${anchor}`);
      links++;
    }
  }
  assert(links > 10);
});

for (const directory of ["", "cache/"]) {
  Deno.test(`${directory}README.md links to files that are published with it`, async () => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
      cwd: `${ROOT}/${directory}`,
      env: { NO_COLOR: "1" },
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const root = new URL(`${import.meta.resolve("../")}`).href;
    const published = [...output.matchAll(/^ +(file:\S+) \(/gm)].map(([, url = ""]) =>
      url.replace(root, "")
    );
    for (const file of ["mod.ts", "README.md", "LICENSE"]) {
      assert(published.includes(`${directory}${file}`), output);
    }
    for (const { path } of linksOf(`${directory}README.md`)) {
      assert(
        published.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`)),
        path,
      );
    }
    const inner = /_test\.ts$|test_util|_compare\.ts$|\/(bench|clients_test|compare|fuzz)\//;
    assertEquals(published.filter((file) => inner.test(file)), []);
  });
}

Deno.test("CONTRIBUTING.md has a row for each task", () => {
  const [, rows = ""] = read("CONTRIBUTING.md").split("| `deno task`");
  const named = [...rows.matchAll(/^\| `([\w:]+)`/gm)].map(([, name]) => name);
  assertEquals(named.sort(), Object.keys(JSON.parse(read("deno.json")).tasks).sort());
});

Deno.test("each README.md takes three minutes to read", () => {
  assert(read("README.md").split(/\s+/).length <= 1400);
  assert(read("cache/README.md").split(/\s+/).length <= 1200);
});
