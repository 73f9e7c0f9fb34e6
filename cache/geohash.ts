/**
 * Places on the earth as Redis keeps them in sorted sets: cells of a grid, whose numbers are the scores.
 * Longitude and latitude are halved as often as the grid's step says; the bits that tell which half it
 * was are interleaved, so that places with close scores are close to each other.
 *
 * @module
 */

/** A place, in degrees. */
export interface Place {
  readonly longitude: number;
  readonly latitude: number;
}

/** What Redis takes for the ends of the world (EPSG:900913), in degrees. */
export const MAX_LONGITUDE = 180;
export const MAX_LATITUDE = 85.05112878;
/** Those of geohashes as others write them. */
const MAX_TEXT_LATITUDE = 90;

/** The step of scores, which have 52 bits. */
const MAX_STEP = 26;
/** WGS 84's quadratic mean of the earth's radii, in metres. */
const EARTH_RADIUS = 6_372_797.560856;
/** Half the length of the equator in the projection of which steps are estimated, in metres. */
const HALF_EQUATOR = 20_037_726.37;

const RADIANS = Math.PI / 180;

/** A cell: its column and row from the south-west, of `2 ** step` each. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly step: number;
}

/** The borders of a cell, in degrees. */
interface Area {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** What a search covers: a circle, or a box whose sides are those of the sky. */
export type Shape =
  & { readonly centre: Place; /** Metres in its unit. */ readonly unit: number }
  & (
    | { readonly kind: "circle"; readonly radius: number }
    | { readonly kind: "box"; readonly width: number; readonly height: number }
  );

function cellOf(place: Place, step: number, maxLatitude = MAX_LATITUDE): Cell {
  const index = (degrees: number, max: number) =>
    Math.floor((degrees - -max) / (max - -max) * 2 ** step);
  return {
    column: index(place.longitude, MAX_LONGITUDE),
    row: index(place.latitude, maxLatitude),
    step,
  };
}

function areaOf({ column, row, step }: Cell): Area {
  const border = (index: number, max: number) => -max + (index >>> 0) / 2 ** step * (max - -max);
  return {
    west: border(column, MAX_LONGITUDE),
    east: border(column + 1, MAX_LONGITUDE),
    south: border(row, MAX_LATITUDE),
    north: border(row + 1, MAX_LATITUDE),
  };
}

/** Spreads 16 bits to the even ones of 32. */
function spread(bits: number): number {
  bits = (bits | bits << 8) & 0x00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f;
  bits = (bits | bits << 2) & 0x33333333;
  return (bits | bits << 1) & 0x55555555;
}

/** The 16 even bits of 32. */
function gather(bits: number): number {
  bits &= 0x55555555;
  bits = (bits | bits >>> 1) & 0x33333333;
  bits = (bits | bits >>> 2) & 0x0f0f0f0f;
  bits = (bits | bits >>> 4) & 0x00ff00ff;
  return (bits | bits >>> 8) & 0xffff;
}

/**
 * A number with the column's bits in the odd places and the row's in the even ones.
 *
 * @param added What is added to it, before it is rounded where it is past 2^53.
 */
function interleave(column: number, row: number, added = 0): number {
  const low = spread(row & 0xffff) | spread(column & 0xffff) << 1;
  const high = spread(row >>> 16) | spread(column >>> 16) << 1;
  return (high >>> 0) * 2 ** 32 + ((low >>> 0) + added);
}

/** The score of a place. */
export function scoreOf(place: Place): number {
  const { column, row } = cellOf(place, MAX_STEP);
  return interleave(column, row);
}

/** The place that a score stands for; of any score, as C makes an integer of it. */
export function placeOf(score: number): Place {
  const integer = Math.trunc(score);
  // Conversions that overflow give -2^63 or, from 2^64 on, 0.
  const bits = integer < -(2 ** 63) ? -(2 ** 63) : integer >= 2 ** 64 ? 0 : integer;
  const high = Math.floor(bits / 2 ** 32);
  const low = bits - high * 2 ** 32;
  const { west, east, south, north } = areaOf({
    column: gather(high >>> 1) << 16 | gather(low >>> 1),
    row: gather(high) << 16 | gather(low),
    step: MAX_STEP,
  });
  const within = (degrees: number, max: number) => Math.max(Math.min(degrees, max), -max);
  return {
    longitude: within((west + east) / 2, MAX_LONGITUDE),
    latitude: within((south + north) / 2, MAX_LATITUDE),
  };
}

const LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz";
const LETTER_BITS = 5;
const TEXT_LENGTH = 11;

/** The geohash of a place as others write it, but for its last letter, which is always 0. */
export function geohashText(place: Place): string {
  const { column, row } = cellOf(place, MAX_STEP, MAX_TEXT_LATITUDE);
  // The easternmost longitude has a bit too much.
  let rest = interleave(column % 2 ** MAX_STEP, row) / 2 ** (2 * MAX_STEP);
  let text = "";
  while (text.length < TEXT_LENGTH - 1) {
    rest *= 2 ** LETTER_BITS;
    text += LETTERS[Math.floor(rest)];
    rest -= Math.floor(rest);
  }
  return `${text}0`;
}

/** The metres between two places on one meridian. */
function latitudeDistance(a: number, b: number): number {
  return EARTH_RADIUS * Math.abs(b * RADIANS - a * RADIANS);
}

/** The metres between two places, by the haversine formula. */
export function distance(a: Place, b: Place): number {
  const v = Math.sin((b.longitude * RADIANS - a.longitude * RADIANS) / 2);
  if (v === 0) return latitudeDistance(a.latitude, b.latitude);
  const [latitudeA, latitudeB] = [a.latitude * RADIANS, b.latitude * RADIANS];
  const u = Math.sin((latitudeB - latitudeA) / 2);
  const h = u * u + Math.cos(latitudeA) * Math.cos(latitudeB) * v * v;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(h));
}

/** How far a place is from the centre of a shape, in metres; `undefined` if it is outside. */
export function distanceWithin(shape: Shape, place: Place): number | undefined {
  const { centre, unit } = shape;
  if (shape.kind === "circle") {
    const metres = distance(centre, place);
    return metres > shape.radius * unit ? undefined : metres;
  }
  if (latitudeDistance(place.latitude, centre.latitude) > shape.height * unit / 2) {
    return undefined;
  }
  const beside = { longitude: centre.longitude, latitude: place.latitude };
  if (distance(place, beside) > shape.width * unit / 2) return undefined;
  return distance(centre, place);
}

/** What a shape covers at the most, in degrees. */
function boundsOf(shape: Shape): Area {
  const { centre: { longitude, latitude }, unit } = shape;
  const [width, height] = shape.kind === "circle"
    ? [shape.radius, shape.radius]
    : [shape.width / 2, shape.height / 2];
  const degrees = (radians: number) => radians / RADIANS;
  const up = degrees(unit * height / EARTH_RADIUS);
  // At the side that is nearer to a pole the meridians are closest, so that it spans the most of them.
  const side = latitude < 0 ? latitude - up : latitude + up;
  const across = degrees(unit * width / EARTH_RADIUS / Math.cos(side * RADIANS));
  return {
    west: longitude - across,
    east: longitude + across,
    south: latitude - up,
    north: latitude + up,
  };
}

/** The step of cells that are about as large as a circle. */
function stepFor(metres: number, latitude: number): number {
  if (metres === 0) return MAX_STEP;
  let step = 1;
  for (; metres < HALF_EQUATOR; metres *= 2) step++;
  step -= 2;
  // Towards the poles the meridians are closer to each other.
  if (Math.abs(latitude) > 66) step--;
  if (Math.abs(latitude) > 80) step--;
  return Math.max(Math.min(step, MAX_STEP), 1);
}

/** The cell so many columns to the east and rows to the north, around the world in both directions. */
function neighbour({ column, row, step }: Cell, east: number, north: number): Cell {
  const count = 2 ** step;
  const move = (index: number, by: number) => by === 0 ? index : (index + by + count) % count;
  return { column: move(column, east), row: move(row, north), step };
}

/** The cells around one, as steps to the east and to the north, in the order in which they are searched. */
const NEIGHBOURS = [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]] as const;

/**
 * The cells in which all is that a shape covers, in the order in which Redis searches them: the centre's,
 * then those of its neighbours that are needed.
 */
export function cellsOf(shape: Shape): Cell[] {
  const { centre, unit } = shape;
  const bounds = boundsOf(shape);
  const radius = shape.kind === "circle"
    ? shape.radius
    : Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2));
  let step = stepFor(radius * unit, centre.latitude);
  let cell = cellOf(centre, step);
  const isTooSmall = areaOf(neighbour(cell, 0, 1)).north < bounds.north ||
    areaOf(neighbour(cell, 0, -1)).south > bounds.south ||
    areaOf(neighbour(cell, 1, 0)).east < bounds.east ||
    areaOf(neighbour(cell, -1, 0)).west > bounds.west;
  if (step > 1 && isTooSmall) cell = cellOf(centre, --step);

  const area = areaOf(cell);
  const cells = [cell];
  let last: Cell | undefined;
  for (const [east, north] of NEIGHBOURS) {
    const isNeedless = step >= 2 && (
      (north < 0 && area.south < bounds.south) || (north > 0 && area.north > bounds.north) ||
      (east < 0 && area.west < bounds.west) || (east > 0 && area.east > bounds.east)
    );
    if (isNeedless) continue;
    const next = neighbour(cell, east, north);
    // In a grid of two columns, both neighbours are one.
    if (last !== undefined && last.column === next.column && last.row === next.row) continue;
    cells.push(next);
    last = next;
  }
  return cells;
}

/** The scores of a cell: from `min` to below `max`. */
export function scoresOf({ column, row, step }: Cell): { min: number; max: number } {
  const size = 4 ** (MAX_STEP - step);
  return { min: interleave(column, row) * size, max: interleave(column, row, 1) * size };
}
