/** How many values one statement takes; PostgreSQL allows 65,535, SQLite 32,766. */
const valuesPerStatement = 500;

export function* inPortions<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += valuesPerStatement) {
    yield items.slice(start, start + valuesPerStatement);
  }
}
