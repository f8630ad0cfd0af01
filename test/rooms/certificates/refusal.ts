import assert from 'node:assert/strict';
import { OssError } from '../../../src/errors/index.ts';

/** For assert.rejects: InvalidArgument with this second-level code, on this element. */
export function refusal(ec: string, argument: string, message: RegExp) {
  return (problem: unknown): true => {
    assert.ok(problem instanceof OssError, String(problem));
    assert.equal(problem.code, 'InvalidArgument');
    assert.equal(problem.status, 400);
    assert.equal(problem.ec, ec, problem.message);
    assert.equal(problem.fields.ArgumentName, argument);
    assert.match(problem.message, message);
    return true;
  };
}
