/**
 * Sorts only the first of many items, and those that are equal in the same order as Redis: by the
 * quicksort of Bentley and McIlroy, "Engineering a Sort Function" (1993), which leaves out the parts that
 * are not asked for.
 *
 * @module
 */

/** Negative, zero or positive, as the first comes before, beside or after the second. */
type Compare<T> = (a: T, b: T) => number;

/** Fewer items than this are sorted by insertion. */
const INSERTION_SORTED = 7;
/** From more items than this on, the pivot is the median of nine and not of three. */
const MANY = 40;

/** Sorts items so that the first `count` of them are those that come first. */
export function sortFirst<T>(items: T[], count: number, compare: Compare<T>): void {
  sortPart(items, 0, items.length, count, compare);
}

/** Sorts the items from `start` to below `end`, as far as they can be among the first `count`. */
function sortPart<T>(
  items: T[],
  start: number,
  end: number,
  count: number,
  compare: Compare<T>,
): void {
  const order = (i: number, j: number) => compare(items[i] as T, items[j] as T);
  const swap = (i: number, j: number) => {
    const item = items[i] as T;
    items[i] = items[j] as T;
    items[j] = item;
  };
  const swapAll = (i: number, j: number, length: number) => {
    while (length-- > 0) swap(i++, j++);
  };
  while (end - start >= INSERTION_SORTED && start < count) {
    swap(start, pivotOf(start, end, order));
    // What equals the pivot is gathered at both ends, what is less and what is greater between them.
    let [equalLeft, left, right, equalRight] = [start + 1, start + 1, end - 1, end - 1];
    for (;;) {
      for (let sign; left <= right && (sign = order(left, start)) <= 0; left++) {
        if (sign === 0) swap(equalLeft++, left);
      }
      for (let sign; left <= right && (sign = order(right, start)) >= 0; right--) {
        if (sign === 0) swap(right, equalRight--);
      }
      if (left > right) break;
      swap(left++, right--);
    }
    const [less, greater] = [left - equalLeft, equalRight - right];
    const moved = Math.min(equalLeft - start, less);
    swapAll(start, left - moved, moved);
    const movedRight = Math.min(greater, end - equalRight - 1);
    swapAll(left, end - movedRight, movedRight);
    sortPart(items, start, start + less, count, compare);
    start = end - greater;
  }
  if (start >= count) return;
  for (let i = start + 1; i < end; i++) {
    for (let j = i; j > start && order(j - 1, j) > 0; j--) swap(j, j - 1);
  }
}

function pivotOf(start: number, end: number, order: (i: number, j: number) => number): number {
  const median = (a: number, b: number, c: number) => {
    if (order(a, b) < 0) return order(b, c) < 0 ? b : order(a, c) < 0 ? c : a;
    return order(b, c) > 0 ? b : order(a, c) < 0 ? a : c;
  };
  const count = end - start;
  const middle = start + Math.floor(count / 2);
  if (count === INSERTION_SORTED) return middle;
  const last = end - 1;
  if (count <= MANY) return median(start, middle, last);
  const d = Math.floor(count / 8);
  return median(
    median(start, start + d, start + 2 * d),
    median(middle - d, middle, middle + d),
    median(last - 2 * d, last - d, last),
  );
}
