import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigProblem, loadConfig, settings } from '../../../src/config/index.ts';
import { editDistance, nearestName } from '../../../src/config/suggest.ts';

const seed = Number(process.env.CNAMED_TEST_SEED ?? 20_261_122);
const runs = { seed, numRuns: 300 };
process.stdout.write(`seed ${seed}\n`);

function load(environment: Record<string, string>) {
  return loadConfig({
    flags: {},
    environment,
    currentFolder: '/w',
    readText: async () => '{}',
  });
}

test('any text for any setting is either read or refused in whole sentences', async () => {
  const variable = fc.constantFrom(...settings.map((setting) => setting.variable));
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.ipV4(), fc.domain());
  await fc.assert(
    fc.asyncProperty(variable, text, async (name, given) => {
      try {
        await load({ [name]: given });
      } catch (error) {
        assert.ok(error instanceof ConfigProblem, String(error));
        assert.notEqual(error.problems.length, 0);
        for (const problem of error.problems) assert.match(problem, /^.+\.$/su);
      }
    }),
    runs,
  );
});

test('any JSON as a configuration file is either read or refused in whole sentences', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      try {
        await loadConfig({
          flags: { config: 'c.json' },
          environment: {},
          currentFolder: '/w',
          readText: async () => text,
        });
      } catch (error) {
        assert.ok(error instanceof ConfigProblem, String(error));
      }
    }),
    runs,
  );
});

test('every host and port that are written as an address come back as they were', async () => {
  const host = fc.oneof(fc.ipV4(), fc.domain(), fc.constant('localhost'));
  await fc.assert(
    fc.asyncProperty(host, fc.integer({ min: 0, max: 65_535 }), async (name, port) => {
      const config = await load({ CNAMED_HTTPS: `${name}:${port}` });
      assert.deepEqual(config.https, { host: name.toLowerCase(), port });
    }),
    runs,
  );
});

test('durations add up', async () => {
  const count = fc.integer({ min: 0, max: 48 });
  await fc.assert(
    fc.asyncProperty(count, count, fc.integer({ min: 1, max: 59 }), async (days, hours, s) => {
      const config = await load({ CNAMED_TOKEN_LIFETIME: `${days}d${hours}h${s}s` });
      assert.equal(config.tokenLifetimeMs, ((days * 24 + hours) * 3600 + s) * 1000);
    }),
    runs,
  );
});

test('one slip of the pen in a variable still finds the one that was meant', () => {
  const variables = settings.map((setting) => setting.variable);
  fc.assert(
    fc.property(fc.constantFrom(...variables), fc.nat(), (variable, at) => {
      const place = 7 + (at % (variable.length - 7));
      const wrong = `${variable.slice(0, place)}Q${variable.slice(place + 1)}`;
      const nearest = nearestName(wrong, variables);
      assert.ok(nearest);
      assert.ok(editDistance(wrong, nearest) <= 1);
    }),
    runs,
  );
});
