/**
 * Loaded in front of the server (NODE_OPTIONS `--import`), in its threads too: the volume of the
 * database is full at CNAMED_TEST_DATABASE_PAGES pages. SQLite itself refuses then, as it does on a
 * full volume.
 */
import Database from 'better-sqlite3';

const pages = Number(process.env.CNAMED_TEST_DATABASE_PAGES);
if (!Number.isInteger(pages)) throw new Error('CNAMED_TEST_DATABASE_PAGES is not set.');

const limited = new WeakSet<object>();
const pragma = Database.prototype.pragma;

Database.prototype.pragma = function (this: Database.Database, ...given) {
  if (!limited.has(this) && this.name.endsWith('cnamed.sqlite')) {
    limited.add(this);
    pragma.call(this, `max_page_count = ${pages}`);
  }
  return pragma.apply(this, given);
};
