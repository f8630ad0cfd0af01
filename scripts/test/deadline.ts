/**
 * Loaded before every test file. The runner's timeout ends a test, but a file whose sockets or
 * timers stay open after its tests would keep its process, and the whole run, alive for ever: it
 * fails here.
 */
const deadlineMs = Number(process.env.CNAMED_TEST_FILE_DEADLINE_MS);

if (deadlineMs > 0) {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`${process.argv[1]}: not done after ${deadlineMs} ms; open: ${open}\n`);
    process.exit(1);
  }, deadlineMs);
  timer.unref();
}
