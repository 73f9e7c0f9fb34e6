import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { latin1Slice, Slice } from "./slice.ts";
import { type StreamLimits, Streams } from "./stream.ts";
import { StreamId } from "./stream_id.ts";
import { HASH_KEY, seeded } from "./test_util.ts";

/** An arena that has no memory when it is told so. */
class FailingArena extends Arena {
  failing = false;

  override allocate(size: number) {
    if (this.failing) throw new ArenaFullError();
    return super.allocate(size);
  }
}

const DEFAULTS: StreamLimits = { streamNodeMaxBytes: 4096, streamNodeMaxEntries: 100 };

function newStreams(limits = DEFAULTS, arena = new FailingArena()) {
  return { arena, streams: new Streams(arena, HASH_KEY, limits) };
}

const idOf = (ms: number, seq = 0) => new StreamId(0, ms, 0, seq);
const textOf = (id: StreamId) => id.text().latin1();
const slices = (...texts: string[]) => texts.map(latin1Slice);

type Entry = readonly [id: string, ...elements: string[]];

function entries(
  streams: Streams,
  stream: number,
  first = StreamId.MIN,
  last = StreamId.MAX,
  isReverse = false,
): Entry[] {
  const found: Entry[] = [];
  streams.walk(stream, first, last, isReverse, (id, entry) => {
    const elements = Array.from({ length: 2 * entry.fields }, () => entry.next().latin1());
    found.push([textOf(id), ...elements]);
  });
  return found;
}

/** All that can be known of a stream. */
function all(streams: Streams, stream: number) {
  const { groups } = streams;
  const pendingOf = (owner: number) => {
    const found: unknown[] = [];
    const cursor = groups.pendingFrom(owner, StreamId.MIN);
    if (cursor !== undefined) {
      do {
        const pending = cursor.value;
        found.push([
          textOf(cursor.id),
          groups.consumerName(groups.consumerOf(pending)).latin1(),
          groups.deliveryTime(pending),
          groups.deliveries(pending),
        ]);
      } while (cursor.next());
    }
    assertEquals(groups.pendingCount(owner), found.length);
    return found;
  };
  return {
    entries: entries(streams, stream),
    length: streams.length(stream),
    nodes: streams.nodes(stream),
    added: streams.entriesAdded(stream),
    ids: [streams.lastId(stream), streams.firstId(stream), streams.maxDeletedId(stream)].map(
      textOf,
    ),
    groups: groups.sorted(streams.groupsOf(stream)).map((group) => ({
      name: groups.name(group).latin1(),
      lastId: textOf(groups.lastId(group)),
      read: groups.entriesRead(group),
      lag: streams.lag(stream, group),
      pending: pendingOf(group),
      consumers: groups.sortedConsumers(group).map((consumer) => ({
        name: groups.consumerName(consumer).latin1(),
        seen: groups.seenTime(consumer),
        pending: pendingOf(consumer),
      })),
    })),
  };
}

const TEXTS = ["a", "b", "field", "7", "-70000", "123456789012345678", "x".repeat(70), "", "y"];

for (
  const limits of [
    DEFAULTS,
    { streamNodeMaxBytes: 200, streamNodeMaxEntries: 3 },
    { streamNodeMaxBytes: 0, streamNodeMaxEntries: 0 },
  ]
) {
  const { streamNodeMaxBytes: maxBytes, streamNodeMaxEntries: maxEntries } = limits;
  Deno.test(`Streams does what an array does, with nodes of ${maxEntries} and ${maxBytes} bytes`, () => {
    const random = seeded(maxBytes + maxEntries);
    const below = (n: number) => Math.floor(random() * n);
    const { arena, streams } = newStreams(limits);
    const stream = streams.create();
    let model: { id: StreamId; elements: string[] }[] = [];
    let ms = 0;
    let added = 0;
    let maxDeleted = StreamId.MIN;
    const shown = () => model.map(({ id, elements }): Entry => [textOf(id), ...elements]);
    for (let step = 0; step < 4000; step++) {
      const choice = below(20);
      if (choice < (step % 1000 < 600 ? 14 : 4)) {
        ms += below(3) === 0 ? below(100_000) : 1;
        const id = idOf(ms, below(3));
        const fields = 1 + below(3);
        const elements = Array.from(
          { length: 2 * fields },
          (_, i) => i % 2 === 0 && below(5) > 0 ? TEXTS[i]! : TEXTS[below(TEXTS.length)]!,
        );
        const before = below(8) === 0 ? all(streams, stream) : undefined;
        arena.failing = before !== undefined;
        try {
          streams.append(stream, id, slices(...elements));
          model.push({ id, elements });
          added++;
        } catch (error) {
          if (!(error instanceof ArenaFullError) || before === undefined) throw error;
          arena.failing = false;
          assertEquals(all(streams, stream), before);
        }
        arena.failing = false;
      } else if (choice < 17) {
        // To delete needs no memory.
        arena.failing = true;
        const { id } = model[below(model.length)] ?? { id: idOf(below(1000)) };
        const other = below(5) === 0 ? idOf(id.msLow, id.seqLow + 1) : id;
        const index = model.findIndex(({ id }) => id.compare(other) === 0);
        assertEquals(streams.delete(stream, other), index >= 0);
        if (index >= 0) {
          model.splice(index, 1);
          if (other.compare(maxDeleted) > 0) maxDeleted = other;
        }
        assertEquals(streams.has(stream, other), false);
        arena.failing = false;
      } else if (choice === 17) {
        const maxLength = Math.max(model.length - below(30), 0);
        const removed = streams.trim(stream, { maxLength, approximate: false, limit: Infinity });
        assertEquals(removed, Math.max(model.length - maxLength, 0));
        model = model.slice(-maxLength || model.length);
      } else if (choice === 18) {
        const minId = model[Math.min(below(20), model.length - 1)]?.id ?? idOf(5);
        const removed = streams.trim(stream, { minId, approximate: false, limit: Infinity });
        const kept = model.filter(({ id }) => id.compare(minId) >= 0);
        assertEquals(removed, model.length - kept.length);
        model = kept;
      } else {
        const [first, last] = [idOf(below(ms + 2), below(3)), idOf(below(ms + 2), below(3))];
        const isWithin = ({ id }: { id: StreamId }) =>
          id.compare(first) >= 0 && id.compare(last) <= 0;
        const expected = model.filter(isWithin).map(({ id }) => textOf(id));
        assertEquals(entries(streams, stream, first, last).map(([id]) => id), expected);
        const reversed = entries(streams, stream, first, last, true).map(([id]) => id);
        assertEquals(reversed, expected.reverse());
      }
      assertEquals(streams.length(stream), model.length);
      assertEquals(textOf(streams.firstId(stream)), textOf(model[0]?.id ?? StreamId.MIN));
      if (step % 50 !== 0) continue;
      assertEquals(entries(streams, stream), shown());
      assertEquals(entries(streams, stream, StreamId.MIN, StreamId.MAX, true), shown().reverse());
      assertEquals(textOf(streams.lastPresentId(stream)), textOf(model.at(-1)?.id ?? StreamId.MIN));
      assertEquals(textOf(streams.maxDeletedId(stream)), textOf(maxDeleted));
      assertEquals(streams.entriesAdded(stream), BigInt(added));
      assertEquals(streams.memory(stream), arena.used);
    }
    streams.destroy(stream);
    assertEquals(arena.used, 0);
  });
}

Deno.test("Streams.append() begins a node where Redis does, by entries and by bytes", () => {
  // How many nodes redis-server 7.0.15 has after so many entries.
  const nodesOf = (limits: StreamLimits, count: number, ...elements: string[]) => {
    const { streams } = newStreams(limits);
    const stream = streams.create();
    for (let i = 1; i <= count; i++) streams.append(stream, idOf(i), slices(...elements));
    return streams.nodes(stream);
  };
  const few = (streamNodeMaxBytes: number) => ({ streamNodeMaxBytes, streamNodeMaxEntries: 0 });
  assertEquals(nodesOf(DEFAULTS, 100, "f", "v"), 1);
  assertEquals(nodesOf(DEFAULTS, 101, "f", "v"), 2);
  assertEquals(nodesOf(DEFAULTS, 99, "f", "v".repeat(100)), 3);
  assertEquals(nodesOf(few(100), 10, "f", "v"), 2);
  assertEquals(nodesOf(few(0), 5000, "f", "v".repeat(100)), 1);
});

Deno.test("Streams.trim() removes whole nodes only, if asked to, and no more than it may", () => {
  const { streams } = newStreams();
  const stream = streams.create();
  for (let i = 1; i <= 1000; i++) streams.append(stream, idOf(i), slices("f", "v"));
  const trim = (maxLength: number, limit = Infinity) =>
    streams.trim(stream, { maxLength, approximate: true, limit });
  assertEquals(trim(950), 0);
  assertEquals(trim(850), 100);
  assertEquals(trim(0, 250), 200);
  assertEquals(streams.trim(stream, { minId: idOf(450), approximate: true, limit: Infinity }), 100);
  assertEquals(textOf(streams.firstId(stream)), "401-0");
  assertEquals(trim(0), 600);
  assertEquals([streams.length(stream), streams.nodes(stream)], [0, 0]);
});

Deno.test("Streams.radixNodes() counts as the radix tree does", () => {
  // As redis-server 7.0.15 has them, with one entry in each node.
  const { streams } = newStreams({ streamNodeMaxBytes: 0, streamNodeMaxEntries: 1 });
  const stream = streams.create();
  const counts: number[] = [streams.radixNodes(stream)];
  const ids = [
    ...[[1, 0], [1, 1], [1, 256], [1, 257], [2, 0], [256, 0], [65_536, 0], [65_536, 5]],
    ...[[65_537, 0], [2 ** 24, 2 ** 24]],
  ];
  for (const [ms = 0, seq = 0] of ids) {
    streams.append(stream, idOf(ms, seq), slices("f", "v"));
    counts.push(streams.radixNodes(stream));
  }
  assertEquals(counts, RADIX_NODES);
});

const RADIX_NODES = [1, 2, 4, 7, 8, 12, 15, 18, 20, 24, 27];

/** A stream with deleted entries and two groups. */
function furnish(streams: Streams): number {
  const stream = streams.create();
  for (let i = 1; i <= 250; i++) streams.append(stream, idOf(i), slices("f", `${i}`));
  for (let i = 5; i < 200; i += 7) streams.delete(stream, idOf(i));
  const { groups } = streams;
  const table = streams.makeGroups(stream);
  for (const name of ["workers", "audit"]) {
    const group = groups.add(table, latin1Slice(name), idOf(3), -1n);
    const consumers = ["c1", "c2", "idle"].map((name, i) =>
      groups.addConsumer(group, latin1Slice(name), 1000 + i)
    );
    for (let i = 1; i <= 150; i++) {
      groups.addPending(group, consumers[i % 2]!, idOf(i), 5000 + i, BigInt(i));
    }
    for (let i = 1; i <= 250; i++) streams.advance(stream, group, idOf(i));
  }
  return stream;
}

Deno.test("Streams.copy() makes an equal stream, or nothing without memory", () => {
  const { arena, streams } = newStreams();
  const stream = furnish(streams);
  const expected = all(streams, stream);
  const copied = streams.copy(stream);
  assertEquals(all(streams, copied), expected);
  streams.destroy(stream);
  assertEquals(all(streams, copied), expected);
  streams.append(copied, idOf(1000), slices("f", "v"));
  assertEquals(streams.length(copied), expected.length + 1);

  const { used } = arena;
  const allocate = arena.allocate.bind(arena);
  for (let allowed = 0;; allowed += 7) {
    let left = allowed;
    arena.allocate = (size) => {
      if (left-- === 0) throw new ArenaFullError();
      return allocate(size);
    };
    try {
      streams.destroy(streams.copy(copied));
      break;
    } catch (error) {
      assert(error instanceof ArenaFullError);
      assertEquals(arena.used, used);
    }
  }
  arena.allocate = allocate;
  assertEquals(streams.memory(copied), used);
});

Deno.test("Streams.clear() gives all back, a part at a time", () => {
  const { arena, streams } = newStreams();
  const stream = furnish(streams);
  let steps = 0;
  let { used } = arena;
  while (streams.clear(stream, 20) > 0) {
    assert(arena.used < used);
    used = arena.used;
    steps++;
  }
  assert(steps > 5, `${steps} steps`);
  assertEquals(arena.used, 0);
});

Deno.test("Streams.addNode() makes of nodes what they came from", () => {
  const { arena, streams } = newStreams();
  const stream = furnish(streams);
  const rebuilt = streams.create();
  const lists: Uint8Array[] = [];
  let count = 0;
  for (const { id, listpack } of streams.listpacks(stream)) {
    lists.push(listpack);
    count += streams.addNode(rebuilt, id, new Slice(listpack));
  }
  assertEquals(count, streams.length(stream));
  assertEquals(lists.length, 3);
  assertEquals(entries(streams, rebuilt), entries(streams, stream));
  assertEquals([...streams.listpacks(rebuilt)].map(({ listpack }) => listpack), lists);
  const [first = new Uint8Array()] = lists;
  const { used } = arena;
  for (let i = 0; i < first.length; i++) {
    for (const bits of [1, 2, 0x80]) {
      const damaged = first.slice();
      damaged[i]! ^= bits;
      // A value may become another; what does not fit together is refused.
      const empty = streams.create();
      if (streams.addNode(empty, idOf(1), new Slice(damaged)) >= 0) {
        entries(streams, empty);
        entries(streams, empty, StreamId.MIN, StreamId.MAX, true);
      }
      streams.destroy(empty);
    }
  }
  assertEquals(arena.used, used);
  const refused = (bytes: number[]) =>
    streams.addNode(rebuilt, idOf(9999), new Slice(Uint8Array.from(bytes))) < 0;
  assert(refused([]) && refused([7, 0, 0, 0, 0, 0, 0xff]));
  // One entry 1-0 with the field and the value "a": its flags, and its time, must be integers of their size.
  const oneEntry = (flags: number[], time: number[]) => {
    const head = [1, 1, 0, 1, 1, 1, 0x81, 0x61, 2, 0, 1];
    const elements = [...head, ...flags, ...time, 0, 1, 0x81, 0x61, 2, 4, 1];
    return [elements.length + 7, 0, 0, 0, 10, 0, ...elements, 0xff];
  };
  assert(!refused(oneEntry([2, 1], [0, 1])));
  assert(refused(oneEntry([0xc0, 2, 2], [0, 1])));
  assert(refused(oneEntry([2, 1], [0x81, 0x30, 2])));
  // One entry more, or one deleted more, than there is; fields past the end; another length.
  for (const at of [6, 8, 10, first.length - 3]) {
    const damaged = first.slice();
    damaged[at]! += 1;
    assert(refused([...damaged]), `${at}`);
  }
});

Deno.test("ConsumerGroups gives back a group that is removed, with all that is pending", () => {
  const { arena, streams } = newStreams();
  const stream = furnish(streams);
  const { groups } = streams;
  const table = streams.groupsOf(stream);
  const group = groups.find(table, latin1Slice("workers"));
  const [c1 = 0, c2 = 0] = groups.sortedConsumers(group);
  assertEquals(groups.removeConsumer(group, c1), 75);
  assertEquals([groups.pendingCount(group), groups.pendingCount(c2)], [75, 75]);
  assertEquals(groups.findConsumer(group, latin1Slice("c1")), 0);
  assert(groups.removePending(group, idOf(1)) && !groups.removePending(group, idOf(1)));
  assertEquals([groups.pendingCount(group), groups.pendingCount(c2)], [74, 74]);
  const release = groups.remove(table, group);
  assertEquals(groups.size(table), 1);
  assertEquals(groups.find(table, latin1Slice("workers")), 0);
  let steps = 1;
  while (release(10) > 0) steps++;
  assert(steps > 2);
  assertEquals(streams.memory(stream), arena.used);
});

Deno.test("ConsumerGroups stays whole when there is no memory", () => {
  const { arena, streams } = newStreams();
  const stream = furnish(streams);
  const { groups } = streams;
  const group = groups.find(streams.groupsOf(stream), latin1Slice("audit"));
  const [c1 = 0, c2 = 0] = groups.sortedConsumers(group);
  const expected = all(streams, stream);
  const allocate = arena.allocate.bind(arena);
  /** Tries with memory for 0, 1, … blocks until it succeeds. */
  const tryWith = (run: () => void) => {
    for (let allowed = 0;; allowed++) {
      let left = allowed;
      arena.allocate = (size) => {
        if (left-- === 0) throw new ArenaFullError();
        return allocate(size);
      };
      const { used } = arena;
      try {
        return run();
      } catch (error) {
        assert(error instanceof ArenaFullError);
        assertEquals(all(streams, stream), expected);
        assertEquals(arena.used, used);
      } finally {
        arena.allocate = allocate;
      }
    }
  };
  tryWith(() => groups.add(streams.groupsOf(stream), latin1Slice("new"), idOf(1), 0n));
  const added = groups.find(streams.groupsOf(stream), latin1Slice("new"));
  streams.groups.remove(streams.groupsOf(stream), added)(Infinity);
  tryWith(() => groups.removeConsumer(group, groups.addConsumer(group, latin1Slice("n"), 1)));
  // So many that the trees have to grow.
  for (let i = 300; i < 500; i++) {
    tryWith(() => groups.addPending(group, c1, idOf(i), 1));
    const pending = groups.findPending(group, idOf(i));
    expected.groups = all(streams, stream).groups;
    tryWith(() => groups.assign(pending, idOf(i), c2));
    expected.groups = all(streams, stream).groups;
  }
  assertThrows(() => {
    arena.failing = true;
    streams.create();
  }, ArenaFullError);
  arena.failing = false;
  const calls = arena.used;
  let left = 1;
  arena.allocate = (size) => {
    if (left-- === 0) throw new ArenaFullError();
    return allocate(size);
  };
  assertThrows(() => streams.create(), ArenaFullError);
  assertEquals(arena.used, calls);
});

/** The IDs of so many entries from one on. */
function take(streams: Streams, stream: number, first: StreamId, count: number): string[] {
  const ids: string[] = [];
  streams.walk(stream, first, StreamId.MAX, false, (id) => ids.push(textOf(id)) === count);
  return ids;
}

function streamOf(streams: Streams, times: readonly number[], value: string): number {
  const stream = streams.create();
  for (const ms of times) streams.append(stream, idOf(ms), slices("field", value));
  return stream;
}

const times = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

Deno.test("Streams.walk() goes on where it has stopped, and elsewhere as well", () => {
  const { streams } = newStreams();
  const stream = streamOf(streams, times(1, 250), "value");
  const ids = times(1, 250).map((ms) => `${ms}-0`);
  for (let i = 0; i < 250; i += 7) {
    assertEquals(take(streams, stream, idOf(i + 1), 7), ids.slice(i, i + 7));
    const before = Math.max(i - 3, 0);
    if (i % 2 === 0) {
      assertEquals(take(streams, stream, idOf(before + 1), 2), ids.slice(before, before + 2));
    }
  }
  assertEquals(take(streams, stream, idOf(10), 5).at(-1), "14-0");
  for (const ms of [14, 15, 17]) streams.delete(stream, idOf(ms));
  assertEquals(take(streams, stream, idOf(14), 3), ["16-0", "18-0", "19-0"]);
  assertEquals(take(streams, stream, idOf(13), 2), ["13-0", "16-0"]);
});

const RELEASES: Record<string, (streams: Streams, stream: number, arena: Arena) => void> = {
  "is trimmed": (streams, stream) => {
    streams.trim(stream, { maxLength: 0, approximate: false, limit: Infinity });
  },
  "is destroyed": (streams, stream) => streams.destroy(stream),
  "is moved": (streams, stream) =>
    streams.append(stream, idOf(9), slices("field", "x".repeat(900))),
  "is forgotten": (streams, _stream, arena) => {
    arena.clear();
    streams.forget();
  },
};

for (const [what, release] of Object.entries(RELEASES)) {
  Deno.test(`Streams.walk() does not go on in a node that ${what}`, () => {
    const { arena, streams } = newStreams();
    const stream = streamOf(streams, [1, 2, 3, 4], "12");
    assertEquals(take(streams, stream, idOf(1), 4).length, 4);
    release(streams, stream, arena);
    // Others take its place, with entries of other lengths.
    const others = times(0, 8).map(() => streamOf(streams, [4, 10, 11, 12], "other"));
    for (const other of others) {
      assertEquals(take(streams, other, idOf(4), 5), ["4-0", "10-0", "11-0", "12-0"]);
    }
  });
}
