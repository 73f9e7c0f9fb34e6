/**
 * The commands of places, which are sorted sets whose scores are cells of a grid.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { formatFixed } from "../double.ts";
import {
  cellsOf,
  distance,
  distanceWithin,
  geohashText,
  MAX_LATITUDE,
  MAX_LONGITUDE,
  type Place,
  placeOf,
  scoreOf,
  scoresOf,
  type Shape,
} from "../geohash.ts";
import { SORTED_SET } from "../objects.ts";
import { sortFirst } from "../partial_sort.ts";
import type { Args } from "../protocol/request.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Collection } from "../store/collection.ts";
import type { Slice } from "../store/slice.ts";
import { integerAt } from "./arguments.ts";
import { readCollection } from "./collections.ts";
import { type CommandRows, isWord, type KeywordSpec, type OtherKey } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";
import { addMembers, CH, doubleAt, keep, NX, XX } from "./sorted_sets.ts";

/** Metres in the units. */
const UNITS = new Map([["m", 1], ["km", 1000], ["ft", 0.3048], ["mi", 1609.34]]);

function unitAt(args: Args, index: number): number {
  const unit = UNITS.get(args.at(index).latin1().toLowerCase());
  if (unit !== undefined) return unit;
  throw new CommandError("ERR unsupported unit provided. please use M, KM, FT, MI");
}

/** A longitude and the latitude that follows it. */
function placeAt(args: Args, index: number): Place {
  const [longitude, latitude] = [doubleAt(args, index), doubleAt(args, index + 1)];
  if (Math.abs(longitude) <= MAX_LONGITUDE && Math.abs(latitude) <= MAX_LATITUDE) {
    return { longitude, latitude };
  }
  const pair = `${formatFixed(longitude, 6)},${formatFixed(latitude, 6)}`;
  throw new CommandError(`ERR invalid longitude,latitude pair ${pair}`);
}

const ADD_OPTIONS: Readonly<Record<string, number>> = { nx: NX, xx: XX, ch: CH };

function geoadd(client: Client, args: Args): void {
  let flags = 0;
  let from = 2;
  for (; from < args.count; from++) {
    const option = args.at(from);
    // No number is so short and begins with a letter.
    const flag = option.length === 2 ? ADD_OPTIONS[option.latin1().toLowerCase()] : undefined;
    if (flag === undefined) break;
    flags |= flag;
  }
  const count = args.count - from;
  if (count % 3 !== 0 || count === 0 || ((flags & NX) !== 0 && (flags & XX) !== 0)) {
    throw new CommandError(SYNTAX);
  }
  const scores: number[] = [];
  for (let i = from; i < args.count; i += 3) scores.push(scoreOf(placeAt(args, i)));
  const { dirty, effects } = client.engine;
  addMembers(client, args, flags, scores, from + 2, 3);
  if (effects === undefined || client.engine.dirty === dirty) return;
  const options = Array.from({ length: from - 1 }, (_, i) => args.at(i + 1));
  const members = scores.flatMap((score, i) => [score, args.at(from + 2 + 3 * i)]);
  effects.replace(client.db, "zadd", ...options, ...members);
}

/** Where a member is, or `undefined` if it is not in the set. */
function placeOfMember(
  { db }: Client,
  set: Collection | undefined,
  member: Slice,
): Place | undefined {
  const { sortedSets } = db.objects;
  const found = set === undefined ? 0 : sortedSets.find(set, member);
  return set === undefined || found === 0 ? undefined : placeOf(sortedSets.score(set, found));
}

/** Replies a distance with four decimals, the last rounded half to even after it was multiplied. */
function replyDistance(reply: Reply, metres: number): void {
  const DECIMALS = 4;
  const scaled = metres * 10 ** DECIMALS;
  let rounded = Math.round(scaled);
  if (rounded - scaled === 0.5 && rounded % 2 !== 0) rounded--;
  const digits = String(rounded).padStart(DECIMALS + 1, "0");
  reply.text(`${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`);
}

function replyPlace(reply: Reply, { longitude, latitude }: Place): void {
  reply.array(2);
  for (const degrees of [longitude, latitude]) {
    // As Redis prints long doubles: with no zeros at the end, and no sign of a zero.
    reply.double(formatFixed(degrees, 17).replace(/\.?0+$/, "").replace(/^-0$/, "0"));
  }
}

function geodist(client: Client, args: Args): void {
  const { db, reply } = client;
  if (args.count > 5) throw new CommandError(SYNTAX);
  const unit = args.count === 5 ? unitAt(args, 4) : 1;
  const set = readCollection(db, args.at(1), SORTED_SET);
  const a = placeOfMember(client, set, args.at(2));
  const b = placeOfMember(client, set, args.at(3));
  if (a === undefined || b === undefined) reply.null();
  else replyDistance(reply, distance(a, b) / unit);
}

/** Replies something for each of the members that the arguments name. */
function ofMembers(show: (reply: Reply, place: Place | undefined) => void) {
  return (client: Client, args: Args): void => {
    const set = readCollection(client.db, args.at(1), SORTED_SET);
    client.reply.array(args.count - 2);
    for (let i = 2; i < args.count; i++) {
      show(client.reply, placeOfMember(client, set, args.at(i)));
    }
  };
}

const geohash = ofMembers((reply, place) => {
  if (place === undefined) reply.null();
  else reply.text(geohashText(place));
});

const geopos = ofMembers((reply, place) => {
  if (place === undefined) reply.nullArray();
  else replyPlace(reply, place);
});

/** What the commands of `GEOSEARCH`'s kind differ in. */
interface SearchCommand {
  /** Whether the arguments begin with a place, a member or neither, which options name then. */
  readonly around: "place" | "member" | "option";
  /** Whether the result can be stored: where an option says so, or always. */
  readonly stores: "never" | "by option" | "always";
}

/** What a search asks for. */
interface Search {
  centre?: Place | undefined;
  /** Whether the centre is that of a member. */
  isMember: boolean;
  /** Whether the centre is given; that of a member of no set is not known all the same. */
  hasCentre: boolean;
  shape?: ShapeSize;
  withDistance: boolean;
  withHash: boolean;
  withPlace: boolean;
  order?: "asc" | "desc";
  /** 0: all. */
  count: number;
  /** Whether the first that are found will do. */
  any: boolean;
  target?: Slice;
  storeDistance: boolean;
}

/** A shape without its centre. */
type ShapeSize =
  & { readonly unit: number }
  & (
    | { readonly kind: "circle"; readonly radius: number }
    | { readonly kind: "box"; readonly width: number; readonly height: number }
  );

function circleAt(args: Args, index: number): ShapeSize {
  const radius = doubleAt(args, index, "ERR need numeric radius");
  if (radius < 0) throw new CommandError("ERR radius cannot be negative");
  return { kind: "circle", radius, unit: unitAt(args, index + 1) };
}

function boxAt(args: Args, index: number): ShapeSize {
  const width = doubleAt(args, index, "ERR need numeric width");
  const height = doubleAt(args, index + 1, "ERR need numeric height");
  if (height < 0 || width < 0) {
    throw new CommandError("ERR height or width cannot be negative");
  }
  return { kind: "box", width, height, unit: unitAt(args, index + 2) };
}

function memberPlaceAt(client: Client, set: Collection, args: Args, index: number): Place {
  const place = placeOfMember(client, set, args.at(index));
  if (place === undefined) throw new CommandError("ERR could not decode requested zset member");
  return place;
}

/** Reads what a search asks for, of a set or of a key that is not there. */
function readSearch(
  client: Client,
  args: Args,
  set: Collection | undefined,
  { around, stores }: SearchCommand,
): Search {
  const search: Search = {
    isMember: around === "member",
    hasCentre: around !== "option",
    withDistance: false,
    withHash: false,
    withPlace: false,
    count: 0,
    any: false,
    storeDistance: false,
  };
  let from = stores === "always" ? 3 : 2;
  if (stores === "always") search.target = args.at(1);
  if (around === "place") {
    search.centre = placeAt(args, 2);
    search.shape = circleAt(args, 4);
    from = 6;
  } else if (around === "member") {
    if (set !== undefined) {
      search.centre = memberPlaceAt(client, set, args, 2);
      search.shape = circleAt(args, 3);
    }
    from = 5;
  }
  const isOption = around === "option";
  for (let i = from; i < args.count; i++) {
    const option = args.at(i).latin1().toLowerCase();
    const left = args.count - i - 1;
    if (option === "withdist") search.withDistance = true;
    else if (option === "withhash") search.withHash = true;
    else if (option === "withcoord") search.withPlace = true;
    else if (option === "any") search.any = true;
    else if (option === "asc" || option === "desc") search.order = option;
    else if (option === "count" && left >= 1) {
      search.count = integerAt(args, ++i);
      if (search.count <= 0) throw new CommandError("ERR COUNT must be > 0");
    } else if (
      (option === "store" || option === "storedist") && left >= 1 && stores === "by option"
    ) {
      search.target = args.at(++i);
      search.storeDistance = option === "storedist";
    } else if (option === "storedist" && stores === "always") {
      search.storeDistance = true;
    } else if (
      option === "frommember" && left >= 1 && isOption && (search.isMember || !search.hasCentre)
    ) {
      i++;
      if (set !== undefined) search.centre = memberPlaceAt(client, set, args, i);
      search.isMember = search.hasCentre = true;
    } else if (option === "fromlonlat" && left >= 2 && isOption && !search.isMember) {
      search.centre = placeAt(args, i + 1);
      search.hasCentre = true;
      i += 2;
    } else if (
      option === "byradius" && left >= 2 && isOption && search.shape?.kind !== "box"
    ) {
      search.shape = circleAt(args, i + 1);
      i += 2;
    } else if (option === "bybox" && left >= 3 && isOption && search.shape?.kind !== "circle") {
      search.shape = boxAt(args, i + 1);
      i += 3;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (search.target !== undefined && (search.withDistance || search.withHash || search.withPlace)) {
    const what = isOption ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
    throw new CommandError(
      `ERR ${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`,
    );
  }
  const name = args.at(0).latin1();
  if (!search.hasCentre) {
    throw new CommandError(
      `ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`,
    );
  }
  if (isOption && search.shape === undefined) {
    throw new CommandError(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${name}`);
  }
  if (search.any && search.count === 0) {
    throw new CommandError("ERR the ANY argument requires COUNT argument");
  }
  return search;
}

/** What a search has found. */
interface Found {
  readonly member: Slice;
  readonly score: number;
  readonly place: Place;
  /** From the centre, in metres. */
  readonly distance: number;
}

/** What is within a shape, as it stands in the set, up to `limit` of it. */
function find({ db }: Client, set: Collection, shape: Shape, limit: number): Found[] {
  const { sortedSets } = db.objects;
  const found: Found[] = [];
  for (const cell of cellsOf(shape)) {
    const { min, max } = scoresOf(cell);
    const range = sortedSets.rangeOfScores(
      set,
      { score: min, after: false },
      { score: max, after: false },
    );
    // No more at a time than may still be found.
    for (let { start } = range; start < range.end && found.length < limit;) {
      const end = Math.min(range.end, start + limit - found.length);
      sortedSets.walk(set, start, end, (member, score) => {
        const place = placeOf(score);
        const distance = distanceWithin(shape, place);
        if (distance !== undefined) found.push({ member, score, place, distance });
      });
      start = end;
    }
  }
  return found;
}

const nearestFirst = (a: Found, b: Found): number => a.distance - b.distance;
const farthestFirst = (a: Found, b: Found): number => b.distance - a.distance;

/** The search that `GEOSEARCH` and the others are forms of. */
function searchAs(command: SearchCommand) {
  return (client: Client, args: Args): void => {
    const { db, reply } = client;
    const { sortedSets } = db.objects;
    const source = args.at(command.stores === "always" ? 2 : 1);
    const set = readCollection(db, source, SORTED_SET);
    const search = readSearch(client, args, set, command);
    const { centre, shape, count, target } = search;
    if (set === undefined || centre === undefined || shape === undefined) {
      if (target === undefined) reply.array(0);
      else storeAs(client, target, sortedSets.create(0), "");
      return;
    }
    const found = find(client, set, { ...shape, centre }, search.any ? count : Infinity);
    const shown = count === 0 ? found.length : Math.min(found.length, count);
    const order = search.order ?? (count > 0 && !search.any ? "asc" : undefined);
    if (order !== undefined) {
      const compare = order === "asc" ? nearestFirst : farthestFirst;
      if (shown === found.length) found.sort(compare);
      else sortFirst(found, shown, compare);
    }
    found.length = shown;
    if (target === undefined) return replyFound(reply, found, search, shape.unit);

    const result = sortedSets.create(0, shown);
    try {
      for (const { member, score, distance } of found) {
        sortedSets.add(result, member, search.storeDistance ? distance / shape.unit : score);
      }
    } catch (error) {
      sortedSets.destroy(result);
      throw error;
    }
    const event = command.stores === "always" ? "geosearchstore" : "georadiusstore";
    storeAs(client, target, result, event);
  };
}

/** Makes what was found a key's. Redis tells of it before the reply. */
function storeAs({ db, reply }: Client, key: Slice, set: Collection, event: string): void {
  const size = db.objects.sortedSets.size(set);
  keep(db, key, set, event)();
  reply.integer(size);
}

function replyFound(reply: Reply, found: readonly Found[], search: Search, unit: number): void {
  const { withDistance, withHash, withPlace } = search;
  const details = Number(withDistance) + Number(withHash) + Number(withPlace);
  reply.array(found.length);
  for (const { member, score, place, distance } of found) {
    if (details > 0) reply.array(1 + details);
    reply.bulk(member);
    if (withDistance) replyDistance(reply, distance / unit);
    if (withHash) reply.bigInteger(asInt64(score));
    if (withPlace) replyPlace(reply, place);
  }
}

/** A score as C makes an integer of it, which is the least one where it does not fit. */
function asInt64(score: number): bigint {
  return Math.abs(score) < 2 ** 63 ? BigInt(Math.trunc(score)) : -(2n ** 63n);
}

/** Where `GEORADIUS` and its like store: at the key after the first of each word, from an index on. */
function targetKeys(from: number) {
  return (args: Args): OtherKey[] =>
    ["store", "storedist"].flatMap((word) => {
      for (let i = from; i < args.count - 1; i++) {
        if (isWord(args.at(i), word)) return [{ index: i + 1, flags: ["OW", "update"] }];
      }
      return [];
    });
}

/** How `COMMAND INFO` describes the keys in which results are stored. */
function targetKeywords(from: number): KeywordSpec[] {
  return ["STORE", "STOREDIST"].map((keyword) => ({
    keyword,
    from,
    last: 0,
    limit: 0,
    flags: ["OW", "update"],
  }));
}

export const GEO: CommandRows = {
  geoadd: {
    arity: -5,
    flags: "write denyoom",
    keys: "1 RW update",
    since: "3.2.0",
    summary: "Adds places, by longitude and latitude, or moves them",
    run: geoadd,
  },
  geodist: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "3.2.0",
    summary: "Replies how far two places are from each other",
    run: geodist,
  },
  geohash: {
    arity: -2,
    flags: "readonly",
    keys: "1 RO access",
    since: "3.2.0",
    summary: "Replies the geohashes of places",
    run: geohash,
  },
  geopos: {
    arity: -2,
    flags: "readonly",
    keys: "1 RO access",
    since: "3.2.0",
    summary: "Replies the longitudes and latitudes of places",
    run: geopos,
  },
  georadius: {
    arity: -6,
    flags: "write denyoom movablekeys",
    keys: "1 RO access",
    otherKeys: targetKeys(6),
    keywords: targetKeywords(6),
    since: "3.2.0",
    summary: "Finds places within a circle, and replies or stores them",
    run: searchAs({ around: "place", stores: "by option" }),
  },
  georadius_ro: {
    arity: -6,
    flags: "readonly",
    keys: "1 RO access",
    since: "3.2.10",
    summary: "Finds places within a circle",
    run: searchAs({ around: "place", stores: "never" }),
  },
  georadiusbymember: {
    arity: -5,
    flags: "write denyoom movablekeys",
    keys: "1 RO access",
    otherKeys: targetKeys(5),
    keywords: targetKeywords(5),
    since: "3.2.0",
    summary: "Finds places within a circle around another, and replies or stores them",
    run: searchAs({ around: "member", stores: "by option" }),
  },
  georadiusbymember_ro: {
    arity: -5,
    flags: "readonly",
    keys: "1 RO access",
    since: "3.2.10",
    summary: "Finds places within a circle around another",
    run: searchAs({ around: "member", stores: "never" }),
  },
  geosearch: {
    arity: -7,
    flags: "readonly",
    keys: "1 RO access",
    since: "6.2.0",
    summary: "Finds places within a circle or a box",
    run: searchAs({ around: "option", stores: "never" }),
  },
  geosearchstore: {
    arity: -8,
    flags: "write denyoom",
    keys: "1 OW update; 2 RO access",
    since: "6.2.0",
    summary: "Stores the places within a circle or a box",
    run: searchAs({ around: "option", stores: "always" }),
  },
};
