/** Two PutCnames at once: each is answered as if it had come before or after the other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actorOf, openRooms, type RoomOptions, type Rooms, type Scope } from './rooms.ts';

const domain = 'img.shop.example';

/** Rooms in which `meanwhile` happens once, right after a PutCname looked at the mapping. */
async function roomsWith(
  scope: Scope,
  meanwhile: (rooms: Rooms) => Promise<void>,
  options: RoomOptions = {},
): Promise<{ rooms: Rooms; arm(): void }> {
  let isArmed = false;
  const rooms = await openRooms(scope, {
    ...options,
    wrapStore: (store) => ({
      ...store,
      async findDomain(name) {
        const found = await store.findDomain(name);
        if (isArmed) {
          isArmed = false;
          await meanwhile(rooms);
        }
        return found;
      },
    }),
  });
  return {
    rooms,
    arm() {
      isArmed = true;
    },
  };
}

describe('a PutCname that saw the domain free', () => {
  test('is done when another one has mapped it to the same bucket since', async (context) => {
    const { rooms, arm } = await roomsWith(context, async () => await rooms.put(bucket, domain));
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.prove(bucket, domain);
    arm();
    await rooms.put(bucket, domain);
    assert.equal((await rooms.cnames.listDomains(bucket)).length, 1);
  });

  test('meets the mapping to a sister bucket, not the want of a proof', async (context) => {
    const { rooms, arm } = await roomsWith(context, async () => await rooms.map(sister, domain));
    const [bucket, sister] = [await rooms.makeBucket('one'), await rooms.makeBucket('two')];
    arm();
    await assert.rejects(rooms.put(bucket, domain), { code: 'CnameAlreadyExists' });
  });
});

test('a PutCname that saw the domain with another is not denied once it is free', async (context) => {
  const { rooms, arm } = await roomsWith(context, async ({ cnames }) => {
    await cnames.unmapDomain(theirs, domain, actorOf(theirs));
    await rooms.prove(mine, domain);
  });
  const [mine, theirs] = [
    await rooms.makeBucket('mine'),
    await rooms.makeBucket('theirs', rooms.ben),
  ];
  await rooms.map(theirs, domain);
  arm();
  await rooms.put(mine, domain);
  assert.equal((await rooms.cnames.findMappedDomain(domain))?.bucket.name, 'mine');
});

test('an unbind of what was unmapped meanwhile wants a proof, as any later one', async (context) => {
  const { rooms, arm } = await roomsWith(context, async ({ cnames }) => {
    await cnames.unmapDomain(bucket, domain, actorOf(bucket));
  });
  const bucket = await rooms.makeBucket('shop-assets');
  await rooms.map(bucket, domain);
  arm();
  for (let count = 0; count < 2; count++) {
    await assert.rejects(rooms.put(bucket, domain, { isUnbind: true }), {
      code: 'NeedVerifyDomainOwnership',
    });
  }
});
