import { assert, assertEquals } from "@std/assert";
import {
  cellsOf,
  distance,
  distanceWithin,
  geohashText,
  type Place,
  placeOf,
  scoreOf,
  scoresOf,
  type Shape,
} from "./geohash.ts";

/** A generator of pseudo-random numbers from 0 to below 1, the same in each run. */
function generator(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 2 ** 31;
  };
}

function randomPlace(next: () => number): Place {
  return { longitude: next() * 360 - 180, latitude: next() * 170 - 85 };
}

Deno.test("scoreOf() and placeOf() are within a metre of each other", () => {
  const next = generator(1);
  for (let i = 0; i < 5000; i++) {
    const place = randomPlace(next);
    const score = scoreOf(place);
    const decoded = placeOf(score);
    assert(distance(place, decoded) < 1);
    assertEquals(scoreOf(decoded), score);
  }
  assertEquals(scoreOf({ longitude: 13.361389, latitude: 38.115556 }), 3479099956230698);
  assertEquals(
    geohashText(placeOf(3479099956230698)),
    "sqc8b49rny0",
  );
});

Deno.test("scoresOf() has the scores of all that is in a cell", () => {
  const next = generator(2);
  for (let i = 0; i < 2000; i++) {
    const centre = randomPlace(next);
    const [cell] = cellsOf({ kind: "circle", centre, unit: 1, radius: 10 ** (next() * 7) });
    assert(cell !== undefined);
    const { min, max } = scoresOf(cell);
    const score = scoreOf(centre);
    assert(min <= score && score < max);
    assertEquals(max - min, 4 ** (26 - cell.step));
  }
});

Deno.test("cellsOf() covers a circle and a box", () => {
  const next = generator(3);
  for (let i = 0; i < 3000; i++) {
    const centre = { longitude: next() * 300 - 150, latitude: next() * 120 - 60 };
    const [radius, width, height] = [10 ** (1 + next() * 5), 10 ** (2 + next() * 4), 2e5 * next()];
    const shape: Shape = i % 2 === 0
      ? { kind: "circle", centre, unit: 1, radius }
      : { kind: "box", centre, unit: 1, width, height };
    // Somewhere near.
    const place = placeOf(scoreOf({
      longitude: centre.longitude + (next() - 0.5) * radius / 5e4,
      latitude: centre.latitude + (next() - 0.5) * radius / 5e4,
    }));
    const metres = distanceWithin(shape, place);
    if (metres === undefined) continue;
    assertEquals(metres, distance(centre, place));
    const score = scoreOf(place);
    const holding = cellsOf(shape).map(scoresOf)
      .filter(({ min, max }) => min <= score && score < max);
    assertEquals(holding.length, 1, `${i}`);
  }
});

Deno.test("cellsOf() covers small circles near the poles", () => {
  const next = generator(5);
  for (let i = 0; i < 6000; i++) {
    const centre = { longitude: next() * 300 - 150, latitude: (next() - 0.5) * 164 };
    const radius = 10 ** (3 + next() * 2.3);
    const shape: Shape = { kind: "circle", centre, unit: 1, radius };
    // Most in the east and the west, close to the edge.
    const angle = (next() - 0.5) * Math.PI / 3 + (i % 2) * Math.PI;
    const reach = (0.9 + next() / 10) * radius / 111_000;
    const score = scoreOf({
      longitude: centre.longitude +
        Math.cos(angle) * reach / Math.cos(centre.latitude * Math.PI / 180),
      latitude: centre.latitude + Math.sin(angle) * reach,
    });
    if (distanceWithin(shape, placeOf(score)) === undefined) continue;
    const isCovered = cellsOf(shape).map(scoresOf)
      .some(({ min, max }) => min <= score && score < max);
    assert(isCovered, `${i}`);
  }
});

Deno.test("cellsOf() names no cell that a circle does not reach", () => {
  const next = generator(6);
  const EARTH_RADIUS = 6_372_797.560856;
  const TOLERANCE = 1e-5;
  for (let i = 0; i < 3000; i++) {
    const centre = { longitude: next() * 40 - 20, latitude: next() * 80 - 40 };
    const radius = 10 ** (1 + next() * 5.7);
    const up = radius / EARTH_RADIUS / Math.PI * 180 + TOLERANCE;
    const farthest = (Math.abs(centre.latitude) + up) * Math.PI / 180;
    const across = up / Math.cos(farthest) + TOLERANCE;
    const [first, ...others] = cellsOf({ kind: "circle", centre, unit: 1, radius });
    // Of a coarse grid all neighbours are searched.
    if (first === undefined || first.step < 2) continue;
    for (const cell of others) {
      const { min, max } = scoresOf(cell);
      const [southWest, northEast] = [placeOf(min), placeOf(max - 1)];
      assert(northEast.latitude >= centre.latitude - up, `south ${i}`);
      assert(southWest.latitude <= centre.latitude + up, `north ${i}`);
      assert(northEast.longitude >= centre.longitude - across, `west ${i}`);
      assert(southWest.longitude <= centre.longitude + across, `east ${i}`);
    }
  }
});

Deno.test("cellsOf() names no cell twice", () => {
  const next = generator(4);
  for (let i = 0; i < 1000; i++) {
    const centre = randomPlace(next);
    const cells = cellsOf({ kind: "circle", centre, unit: 1, radius: 10 ** (4 + next() * 5) });
    const names = cells.map(({ column, row }) => `${column},${row}`);
    assertEquals(new Set(names).size, names.length);
  }
});
