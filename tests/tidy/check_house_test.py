#!/usr/bin/env python3
"""Builds small houses with one fault each and expects check_house.py to name it."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("check_house.py")

SOUND = {
    "src/README.md": "# x\n\n| room | what it is for | may use |\n|---|---|---|\n"
    "| base | b | - |\n| ring | r | base |\n| engines/records | e | base ring |\n"
    "| kafka | k | base |\n\n| other | table | entirely |\n",
    "src/CMakeLists.txt": "kferry_room(base LIBS fmt::fmt)\nkferry_room(ring USES base)\n"
    "kferry_room(engine_records DIR engines/records\n  USES base ring LIBS x)\n"
    "kferry_room(kafka USES base)\n",
    "tests/CMakeLists.txt": "kferry_tests(unit unit/base ROOMS base)\n",
    "tests/unit/base/a_test.cpp": "int a;\n",
    "include/kferry/base/a.hpp": "#pragma once\n",
    "include/kferry/ring/r.hpp": '#pragma once\n#include "kferry/base/a.hpp"\n',
    "src/base/inside.hpp": "#pragma once\n",
    "src/base/a.cpp": '#include "inside.hpp"\n#include <vector>\n',
    "src/engines/records/e.cpp": '#include <librdkafka/rdkafka.h>\n#include "kferry/ring/r.hpp"\n',
}


class CheckHouse(unittest.TestCase):
    def verdict(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**SOUND, **files}.items():
                path = Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            run = subprocess.run(
                [sys.executable, CHECK, root], capture_output=True, text=True, check=False
            )
        return run.returncode, run.stdout

    def expect(self, offence, files):
        code, output = self.verdict(files)
        self.assertEqual(code, 1, output)
        self.assertIn(offence, output)
        self.assertIn(" 1 offences", output)

    def test_a_sound_house_passes(self):
        code, output = self.verdict({})
        self.assertEqual((code, output), (0, "4 rooms, 0 offences\n"))

    def test_arrows_that_are_not_drawn(self):
        up = '#include "kferry/ring/r.hpp"\n'
        self.expect("src/base/b.cpp:1: room base may not use room ring", {"src/base/b.cpp": up})
        inside = '#include "base/inside.hpp"\n'
        self.expect("inside of another room", {"src/ring/r.cpp": inside})
        self.expect("inside of another room", {"src/ring/r.cpp": '#include "../base/inside.hpp"\n'})
        door = '#pragma once\n#include "base/inside.hpp"\n'
        self.expect("a door shows the inside", {"include/kferry/base/b.hpp": door})
        self.expect("lies in no room", {"src/cellar/c.cpp": "int c;\n"})
        self.expect("is not there", {"src/ring/r.cpp": '#include "kferry/base/gone.hpp"\n'})

    def test_headers_that_the_build_makes(self):
        files = {"src/ring/made.hpp.in": "", "src/ring/r.cpp": '#include "made.hpp"\n'}
        self.assertEqual(self.verdict(files)[0], 0)
        self.expect("is not there", {"src/ring/r.cpp": '#include "made.hpp"\n'})

    def test_builds_that_differ_from_the_drawing(self):
        cmake = SOUND["src/CMakeLists.txt"]
        more = cmake.replace("kafka USES base", "kafka USES base ring")
        self.expect(":5: room kafka uses ring, its row does not", {"src/CMakeLists.txt": more})
        less = cmake.replace("USES base ring", "USES base")
        self.expect("engines/records does not use ring", {"src/CMakeLists.txt": less})
        self.expect("cellar has no row", {"src/CMakeLists.txt": cmake + "kferry_room(cellar)\n"})
        gone = cmake.replace("kferry_room(kafka USES base)\n", "")
        self.expect("room kafka of src/README.md is not built", {"src/CMakeLists.txt": gone})

    def test_circles(self):
        readme = SOUND["src/README.md"].replace("| b | - |", "| b | ring |")
        cmake = SOUND["src/CMakeLists.txt"].replace("base LIBS", "base USES ring LIBS")
        files = {"src/README.md": readme, "src/CMakeLists.txt": cmake}
        self.expect("in a circle: base, engines/records, kafka, ring", files)

    def test_libraries_outside_of_their_rooms(self):
        for header in ("librdkafka/rdkafka.h", "boost/asio.hpp", "boost/beast/http.hpp",
                       "nlohmann/json.hpp", "prometheus/counter.h", "pcre2.h"):
            self.expect(f"<{header}> belongs to", {"src/ring/r.cpp": f"#include <{header}>\n"})
        call = "void f() { rd_kafka_flush(nullptr, 0); }\n"
        self.expect("librdkafka belongs to", {"src/ring/r.cpp": call})

    def test_tests_that_nobody_builds(self):
        unnamed = {"tests/unit/ring/r_test.cpp": "int r;\n"}
        self.expect("does not name the folder unit/ring", unnamed)
        self.expect("is not built", {"tests/unit/base/b_tests.cpp": "int b;\n"})

    def test_text(self):
        self.expect("101 characters", {"src/base/b.cpp": "/" * 101 + "\n"})
        self.expect("a tab", {"src/base/b.cpp": "int\tb;\n"})
        self.expect("blanks at the end", {"src/base/b.cpp": "int b; \n"})
        self.expect("does not end with one newline", {"src/base/b.cpp": "int b;"})
        self.expect("does not end with one newline", {"src/base/b.cpp": "int b;\n\n"})
        self.expect("left to do", {"src/base/b.cpp": "// TO" + "DO later\n"})
        self.expect("no #pragma once", {"src/base/b.hpp": "int b;\n"})


if __name__ == "__main__":
    unittest.main()
