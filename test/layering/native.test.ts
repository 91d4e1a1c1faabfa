import { describe, expect, it } from 'vitest';
import { longFiles } from './long-files.js';
import { nativeProblems, withoutComments } from './native-rules.js';
import { nameProblems, sizeProblems } from './size-rules.js';
import { readSources } from './source-file.js';

const sources = readSources('native', ['.h', '.cc']);

describe('native/', () => {
  it('has sources in every layer', () => {
    for (const layer of ['core', 'packet', 'platform', 'engine', 'binding', 'test']) {
      expect(sources.filter((file) => file.path.startsWith(`native/${layer}/`))).not.toEqual([]);
    }
  });

  it('keeps its layers apart', () => {
    expect(nativeProblems(sources)).toEqual([]);
  });

  it('has short files with telling names', () => {
    const ofNative = Object.entries(longFiles).filter(([name]) => name.startsWith('native/'));
    expect(sizeProblems(sources, Object.fromEntries(ofNative))).toEqual([]);
    expect(nameProblems(sources)).toEqual([]);
  });
});

describe('the rules for native/', () => {
  const problems = (path: string, text: string): string[] => nativeProblems([{ path, text }]);

  it.each([
    ['native/core/a.h', '#include "packet/b.h"', 'core must not include packet'],
    ['native/core/a.h', '#include "platform/clock.h"', 'core must not include platform'],
    ['native/packet/a.h', '#include "engine/b.h"', 'packet must not include engine'],
    ['native/platform/a.cc', '  #  include "engine/b.h"', 'platform must not include engine'],
    ['native/engine/a.h', '#include "binding/b.h"', 'engine must not include binding'],
    ['native/test/core/a_test.cc', '#include "binding/b.h"', 'test must not include binding'],
    [
      'native/engine/a.h',
      '#include "platform/linux/b.h"',
      "only platform sees one system's headers",
    ],
    ['native/engine/a.h', '#include "b.h"', 'write the path from native/'],
    ['native/engine/a.h', '#include "../core/b.h"', 'write the path from native/'],
    ['native/other/a.h', '#include "core/b.h"', 'native/other is not a known layer'],
    ['native/engine/a.h', '#include <napi.h>', 'Node is seen only in native/binding'],
    ['native/test/core/a_test.cc', '#include <node_api.h>', 'Node is seen only in native/binding'],
    ['native/core/a.h', '#include <doctest/doctest.h>', 'only tests use the test framework'],
    ['native/engine/a.cc', '#include <sys/socket.h>', 'system headers belong to native/platform'],
    ['native/core/a.cc', '#include <unistd.h>', 'system headers belong to native/platform'],
    ['native/binding/a.cc', '#include <windows.h>', 'system headers belong to native/platform'],
    [
      'native/test/engine/a_test.cc',
      '#include <poll.h>',
      'system headers belong to native/platform',
    ],
    ['native/core/a.h', '#include <chrono>', 'does no input, output or timing'],
    ['native/packet/a.h', '#include <iostream>', 'does no input, output or timing'],
    ['native/engine/a.cc', '#ifdef __linux__', 'only native/platform knows which system this is'],
    [
      'native/binding/a.cc',
      '#if defined(_WIN32)',
      'only native/platform knows which system this is',
    ],
    ['native/core/a.h', '#elif __APPLE__', 'only native/platform knows which system this is'],
    ['native/core/a.h', 'auto t = std::chrono::steady_clock::now();', 'time is an argument here'],
    ['native/core/a.cc', 'clock_gettime(CLOCK_MONOTONIC, &ts);', 'time is an argument here'],
    ['native/packet/a.cc', 'const auto now = time(nullptr);', 'time is an argument here'],
    ['native/packet/a.cc', 'return platform::monotonic_ns();', 'time is an argument here'],
    ['native/engine/a.h', '  using namespace std;', 'using namespace in a header'],
  ])('%s: %s', (path, line, complaint) => {
    const found = problems(path, `// first line\n${line}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(`${path}:2: `);
    expect(found[0]).toContain(complaint);
  });

  it.each([
    ['native/core/a.h', '#include "core/b.h"\n#include <atomic>\n#include <cstdint>'],
    ['native/packet/a.cc', '#include "core/b.h"\n#include "packet/c.h"'],
    ['native/platform/linux/a.cc', '#include "platform/linux/b.h"\n#include <linux/if_packet.h>'],
    ['native/platform/clock.cc', '#ifdef __linux__\nclock_gettime(CLOCK_MONOTONIC, &ts);\n#endif'],
    [
      'native/engine/a.cc',
      '#include "platform/clock.h"\nconst auto now = platform::monotonic_ns();',
    ],
    ['native/binding/a.cc', '#include <napi.h>\n#include "engine/b.h"\nusing namespace pacegate;'],
    ['native/test/platform/a_test.cc', '#include <doctest/doctest.h>\n#include <sys/socket.h>'],
    ['native/test/core/a_test.cc', '#include "reference_model.h"'],
    [
      'native/core/a.h',
      '// steady_clock is for the platform\n/* #ifdef __linux__\n clock_gettime */',
    ],
    ['native/core/a.h', 'const char* text = "time(nullptr) // \\" steady_clock";'],
    ['native/core/a.h', 'void set_time(int lifetime); int time_left(); // arrival_time(0)'],
  ])('%s may say %j', (path, text) => {
    expect(problems(path, text)).toEqual([]);
  });

  it('blanks comments and strings without moving lines', () => {
    const text = 'a /* b\nc */ d // e\n"f // g" h\n#include "x/y.h" // z\nR"(i\n// j)" k\n1\'000';
    expect(
      withoutComments(text)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([...['a', 'd', 'h', '#include "x/y.h"', '', 'k', "1'000"]]);
  });
});

describe('the rules for files', () => {
  const file = (path: string, lines: number) => ({ path, text: 'x\n'.repeat(lines) });
  const reason = 'one state machine, worse in pieces';

  it('limits a file to 300 lines unless a reason is listed', () => {
    expect(sizeProblems([file('a.h', 300)], {})).toEqual([]);
    expect(sizeProblems([file('a.h', 301)], {})).toEqual([
      'a.h: 301 lines; more than 300 need a listed reason',
    ]);
    expect(sizeProblems([file('a.h', 301)], { 'a.h': reason })).toEqual([]);
  });

  it('wants the list of exceptions to be true', () => {
    expect(sizeProblems([file('a.h', 10)], { 'a.h': reason })).toHaveLength(1);
    expect(sizeProblems([], { 'gone.h': reason })).toHaveLength(1);
    expect(sizeProblems([file('a.h', 301)], { 'a.h': 'long' })).toEqual([
      'a.h: "long" is no reason',
    ]);
  });

  it('refuses names that say nothing', () => {
    const names = [
      'native/core/utils.h',
      'lib/helpers.ts',
      'lib/scan/util.ts',
      'lib/scan/ports.ts',
    ];
    expect(nameProblems(names.map((path) => ({ path, text: '' })))).toHaveLength(3);
  });
});
