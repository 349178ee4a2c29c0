"""Writes the font of tests/inputs.rs, which has one character, a cat: python make.py FILE"""
import sys
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen


def square(side):
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0)), pen.lineTo((0, side)), pen.lineTo((side, side)), pen.lineTo((side, 0))
    pen.closePath()
    return pen.glyph()


font = FontBuilder(1000, isTTF=True)
font.setupGlyphOrder([".notdef", "cat"])
font.setupCharacterMap({0x732B: "cat"})
font.setupGlyf({".notdef": square(100), "cat": square(800)})
font.setupHorizontalMetrics({".notdef": (200, 0), "cat": (1000, 100)})
font.setupHorizontalHeader(ascent=800, descent=-200)
names = {"familyName": "One Cat", "styleName": "Regular", "psName": "OneCat-Regular"}
font.setupNameTable(names)
font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
font.setupPost()
font.save(sys.argv[1])
