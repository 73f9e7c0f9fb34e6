import {
  any,
  DISTANCES_KEY,
  edgeFloat,
  edgeInteger,
  element,
  type Group,
  integer,
  key,
  many,
  opt,
  options,
  type Part,
  placeKey,
} from "../grammar.ts";

/** Degrees, of which many are near to each other, at the ends of the world or nowhere. */
const degrees = (max: number): Part =>
  any(
    (random) => `${random.int(-max, max)}`,
    (random) => `${random.int(-max * 1000, max * 1000) / 1000}`,
    (random) => `${13 + random.int(0, 3000) / 1000}`,
    (random) => `${13 + random.int(0, 3000) / 1000}`,
    any(`${max}`, `${-max}`, "0", "0.00001", `${max - 0.001}`, "66.5", "-81"),
  );
const longitude = any(
  degrees(180),
  degrees(180),
  degrees(180),
  any("181", "-180.00001", edgeFloat),
);
const latitude = any(
  degrees(85),
  degrees(85),
  degrees(85),
  any("85.05112878", "-85.05112878", "85.05112879", "90", "1e30", "200.0078125", edgeFloat),
);
const place: Part = [longitude, latitude];
const sane: Part = [degrees(180), degrees(85)];
const places = many([sane, element], 1, 8);
const unit = any("m", "km", "km", "km", "MI", "ft", "yd");
const size = any(
  (random) => `${random.int(0, 500)}`,
  (random) => `${random.int(0, 500)}`,
  (random) => `${random.int(0, 30_000)}`,
  (random) => `${random.int(0, 9000) / 8}`,
  any("0", "0.5", "-1", "1e9", "1e-300", "inf", edgeFloat),
);
const count = ["COUNT", integer(1, 6), opt("ANY")];
const replied = options("WITHCOORD", "WITHDIST", "WITHHASH", any("ASC", "DESC"), count);
const order = options(any("ASC", "DESC"), count);
const centre = any(["FROMMEMBER", element], ["FROMLONLAT", place], ["FROMLONLAT", sane]);
const shape = any(["BYRADIUS", size, unit], ["BYBOX", size, size, unit]);
/** What else can be wrong. */
const odd = any([], [], [], [], any(centre, shape, ["STOREDIST", "g1"], ["STORE", "g1"], "ANY"));
const target = any(["STORE", placeKey], ["STORE", placeKey], [
  "STOREDIST",
  DISTANCES_KEY,
  "WITHDIST",
]);
/** Distances are compared by themselves, but for their last digit. */
const read: Part = [
  ";",
  "ZRANGE",
  DISTANCES_KEY,
  "0",
  "-1",
  "WITHSCORES",
  ";",
  "DEL",
  DISTANCES_KEY,
];

export const geo: Group = {
  commands: [
    ["GEOADD", placeKey, places],
    ["GEOADD", placeKey, places],
    ["GEOADD", placeKey, places],
    ["GEOADD", placeKey, options("NX", "XX", "CH"), any(places, [place, element])],
    ["GEOADD", placeKey, options("NX", "XX", "CH")],
    // The same place many times: the order of what is equally far is that of the sort.
    [
      "GEOADD",
      placeKey,
      (random) => Array.from({ length: 60 }, (_, i) => [`${random.int(1, 3)}`, "1", `same${i}`]),
    ],
    ["ZADD", placeKey, any(integer(0, 9), edgeFloat, "1e15", "-5", "3e18", "2e19"), element],
    ["ZREM", placeKey, many(element, 1, 3)],
    ["GEODIST", placeKey, element, element, opt(unit, opt(unit))],
    ["GEOHASH", placeKey, many(element, 0, 4)],
    ["GEOPOS", placeKey, many(element, 0, 4)],
    ["GEOSEARCH", any(placeKey, key), centre, shape, replied, odd],
    ["GEOSEARCH", placeKey, centre, shape, replied],
    ["GEOSEARCH", placeKey, shape, replied, centre],
    ["GEOSEARCH", placeKey, "FROMLONLAT", "2", "1", "BYRADIUS", "400", "km", replied],
    ["GEOSEARCHSTORE", placeKey, placeKey, centre, shape, order, odd],
    ["GEOSEARCHSTORE", DISTANCES_KEY, placeKey, centre, shape, order, "STOREDIST", read],
    ["GEORADIUS", placeKey, any(sane, place), size, unit, replied],
    ["GEORADIUS", placeKey, sane, size, unit, order, target],
    ["GEORADIUS", placeKey, sane, size, unit, order, "STOREDIST", DISTANCES_KEY, read],
    ["GEORADIUS_RO", placeKey, any(sane, place), size, unit, replied, odd],
    ["GEORADIUSBYMEMBER", placeKey, element, size, unit, replied],
    ["GEORADIUSBYMEMBER", placeKey, element, size, unit, order, target],
    ["GEORADIUSBYMEMBER_RO", placeKey, element, size, unit, replied, odd],
    ["ZRANGE", placeKey, "0", "-1", "WITHSCORES"],
    ["ZCARD", placeKey],
    ["OBJECT", "ENCODING", placeKey],
    ["ZRANDMEMBER", placeKey, edgeInteger],
  ],
};
