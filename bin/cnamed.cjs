#!/usr/bin/env node
/* The guard. Any Node can parse this file. A Node older than 24 hands over to the runtime that npm
 * installed beside us (docs/decisions/0001-runtime.md); a newer one goes straight in. */
'use strict';
var path = require('path');
var fs = require('fs');

var root = path.join(__dirname, '..');
// The repository runs its sources; the published package ships only dist (Node strips no types
// below node_modules).
var source = path.join(root, 'src', 'main.ts');
var entry = fs.existsSync(source) ? source : path.join(root, 'dist', 'main.js');
var oldest = 24;
var major = Number(process.versions.node.split('.')[0]);

// File writes and fsyncs wait in the thread pool; four threads would serialise durable uploads.
// It must be set before the pool's first use, so here.
if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = '16';

if (major >= oldest) {
  // Compiled modules are kept beside the dependencies, where only whoever installed us can write:
  // halves the time to start. Nothing depends on it.
  var cache = path.join(root, 'node_modules', '.cache', 'cnamed');
  require('module').enableCompileCache(cache);
  void import(require('url').pathToFileURL(entry).href);
} else {
  handOver();
}

function packagedRuntime() {
  var names = [
    'node-' + (process.platform === 'win32' ? 'win' : process.platform) + '-' + process.arch,
    'node-bin-' + process.platform + '-' + process.arch,
  ];
  for (var i = 0; i < names.length; i++) {
    try {
      var home = path.dirname(require.resolve(names[i] + '/package.json', { paths: [root] }));
      var found = path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (fs.existsSync(found)) return found;
    } catch (_) {
      // Not the package of this platform; the next name may be.
    }
  }
  return undefined;
}

function handOver() {
  var runtime = packagedRuntime();
  if (!runtime) {
    process.stderr.write(
      `cnamed needs Node ${oldest} or newer and found ${process.version}.
Run "npm ci" in ${root} (it brings a runtime along for Linux, macOS and Windows), or install a newer Node.
`,
    );
    process.exit(1);
  }
  // Descriptor 3 is a life line: nothing is ever written to it. When this process dies, even by
  // SIGKILL, the pipe closes and the server behind it stops too instead of keeping the ports.
  var child = require('child_process').spawn(runtime, [__filename].concat(process.argv.slice(2)), {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: Object.assign({}, process.env, { CNAMED_LIFE_LINE: '3' }),
  });
  ['SIGTERM', 'SIGINT', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('exit', function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exit(code);
    }
  });
}
