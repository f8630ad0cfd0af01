import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function settingStoreContract(under: EngineUnderTest): void {
  describe(`settings on ${under.name}`, () => {
    const suite = engineForSuite(under);

    it('the first of many concurrent values stands, and everybody is told which', async () => {
      const { settings } = suite.engine;
      const name = unique('root');
      assert.equal(await settings.findSetting(name), undefined);
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, index) => settings.ensureSetting(name, `value-${index}`)),
      );
      assert.equal(new Set(answers).size, 1);
      assert.equal(await settings.findSetting(name), answers[0]);
    });

    it('a setting can be replaced', async () => {
      const { settings } = suite.engine;
      const name = unique('setting');
      await settings.setSetting(name, 'one');
      await settings.setSetting(name, 'two');
      assert.equal(await settings.findSetting(name), 'two');
      assert.equal(await settings.ensureSetting(name, 'three'), 'two');
    });
  });
}
