#!/usr/bin/env python3
"""The comparison itself has to see what it is there for."""

import tempfile
import unittest
from pathlib import Path

import compare


class Verdict(unittest.TestCase):
    def test_agreement(self):
        java = {"a": {"value": 1, "note": "java's"}, "b": {"error": True}}
        ours = {"a": {"value": 1}, "b": {"error": True, "note": "ours"}}
        self.assertEqual(compare.verdict(java, ours, {}, 2), [])

    def test_disagreement(self):
        for mine in ({"value": 2}, {"error": True}, {"value": 1, "more": 1}):
            self.assertEqual(len(compare.verdict({"a": {"value": 1}}, {"a": mine}, {}, 1)), 1)

    def test_a_case_that_one_side_leaves_out(self):
        one = {"a": {"value": 1}}
        both = {"a": {"value": 1}, "b": {"value": 1}}
        self.assertEqual(len(compare.verdict(one, both, {}, 1)), 1)
        self.assertEqual(len(compare.verdict(both, one, {}, 1)), 1)

    def test_too_few_cases(self):
        self.assertEqual(len(compare.verdict({"a": {"value": 1}}, {"a": {"value": 1}}, {}, 2)), 1)

    def test_listed_differences_must_differ(self):
        java = {"a": {"value": 1}}
        reason = {"a": "a reason"}
        self.assertEqual(compare.verdict(java, {"a": {"value": 2}}, reason, 1), [])
        self.assertEqual(len(compare.verdict(java, {"a": {"value": 1}}, reason, 1)), 1)
        self.assertEqual(len(compare.verdict(java, {"a": {"value": 1}}, {"b": "none"}, 1)), 1)

    def test_a_listed_pattern_holds_for_each_of_its_cases(self):
        java = {"1/a": {"value": 1}, "2/a": {"value": 1}}
        reason = {"*/a": "a reason"}
        ours = {"1/a": {"value": 2}, "2/a": {"value": 2}}
        self.assertEqual(compare.verdict(java, ours, reason, 1), [])
        ours["2/a"] = {"value": 1}
        self.assertEqual(len(compare.verdict(java, ours, reason, 1)), 1)


class Input(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")
        return self.path / name

    def test_cases(self):
        path = self.write("tabs.cases", "# two\none\ta\\tb\\x00\\xff\\\\n\\n\ntwo\t\n")
        wanted = [("tabs.one", b"a\tb\x00\xff\\n\n"), ("tabs.two", b"")]
        self.assertEqual(list(compare.cases_of(path)), wanted)

    def test_bad_cases(self):
        for text in ("no tab\n", "one\t\\q\n", "a/b\tx\n", "\tx\n"):
            with self.assertRaises(compare.Failure):
                list(compare.cases_of(self.write("bad.cases", text)))

    def test_a_difference_needs_a_reason(self):
        self.assertEqual(compare.differences_of(self.write("good", "a: b\n")), {"a": "b"})
        for text in ("a\n", "a:  \n", "a: b\na: c\n"):
            with self.assertRaises(compare.Failure):
                compare.differences_of(self.write("bad", text))

    def test_output_is_sorted_and_says_something(self):
        good = b'{"case":"a","value":1}\n{"case":"b","error":true}\n'
        wanted = {"a": {"value": 1}, "b": {"error": True}}
        self.assertEqual(compare.said(good, "ours"), wanted)
        for bad in (
            b'{"case":"b","value":1}\n{"case":"a","value":1}\n',
            b'{"case":"a","value":1}\n{"case":"a","value":1}\n',
            b'{"case":"a","note":"nothing"}\n',
        ):
            with self.assertRaises(compare.Failure):
                compare.said(bad, "ours")


if __name__ == "__main__":
    unittest.main()
