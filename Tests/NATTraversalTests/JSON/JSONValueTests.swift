import Testing

@testable import NATTraversal

@Suite("JSON documents") struct JSONValueTests {
    @Test(
        "are written on one line, keys in alphabetical order",
        arguments: [
            (nil, "null"), (true, "true"), (-7, "-7"), (.number(2.5), "2.5"), ("é/", #""é/""#),
            ([], "[]"), ([1, nil], "[1,null]"), ([:], "{}"),
            (["b": 1, "a": ["c": "d"]], #"{"a":{"c":"d"},"b":1}"#), (.number(.nan), "null"),
            (.number(-.infinity), "null"), (.integer(.min), "-9223372036854775808"),
        ] as [(JSONValue, String)])
    func writes(value: JSONValue, text: String) { #expect(value.text == text) }

    @Test(
        "come back as they were written",
        arguments: [
            ["text": "\u{0}\u{1F}\"\\/\u{7F}\u{85}\u{202E}\u{2028}\u{FEFF}\u{1F600}", "": ""],
            [[], [[]], [:], nil, false, .integer(.max), .number(1e300), .number(-0.1)],
        ] as [JSONValue])
    func roundTrip(value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(value.text.utf8)) == value)
    }

    @Test(
        "give a number back as it was read",
        arguments: [
            "1", "-1", "0", "9007199254740993", "9223372036854775807", "9223372036854775808",
            "18446744073709551615", "-9223372036854775809",
            "170141183460469231731687303715884105727", "2.5",
        ])
    func keepsNumbers(text: String) throws {
        #expect(try JSONValue(parsing: Array("[\(text)]".utf8)).text == "[\(text)]")
    }

    @Test(
        "hold nothing that a terminal obeys (T-6)",
        arguments: [
            0x00...0x1F, 0x7F...0x9F, 0x61C...0x61C, 0x200B...0x200F, 0x2028...0x202E,
            0x2066...0x2069,
        ])
    func escapes(scalars: ClosedRange<UInt32>) throws {
        for value in scalars {
            let scalar = try #require(Unicode.Scalar(value))
            let text = JSONValue.string(String(Character(scalar))).text
            #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(text)")
        }
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "", " ", "{", "[1", "tru", "nulls", "\"", "{\"a\":1}}", "'a'", "{a:1}", "{\"a\"}",
            "[1,]",
            "[1 2]", "{\"a\":1,}", "01", "-", "1.", ".5", "1e", "+1", "0x1", "1e999", "NaN",
            "\"\n\"",
            #""\x""#, #""\u12""#, #""\u12G4""#, #""\ud83d""#, #""\ud83d\u0041""#, #""\ude00""#,
            #""\"#,
            "\u{FEFF}1",
        ])
    func refuses(text: String) {
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test(
        "are read with their escapes, their white space and the first of equal names",
        arguments: [
            (#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, "\"\\/\u{8}\u{C}\n\r\té\u{1F600}"),
            (" \t\r\n[ 1 , 1e3 ,-0.5e+1 , 25e-1 ] ", [1, 1000, -5, .number(2.5)]),
            (#"{ "a" : 1 , "a" : 2 }"#, ["a": 1]), ("-0", 0), ("[ ]", []), ("{ }", [:]),
            ("1e15", .integer(1_000_000_000_000_000)), ("1e30", .number(1e30)),
            ("1234567890123456789.0", .number(1_234_567_890_123_456_768)),
        ] as [(String, JSONValue)])
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test("are refused when they are not UTF-8, or nested too deeply for the stack")
    func refusesBytes() throws {
        #expect(throws: JSONValue.Malformed.self) {
            try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22])
        }
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        }
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: nested(513)) }
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: nested(100_000)) }
        #expect(
            try JSONValue(parsing: nested(512)).text == String(decoding: nested(512), as: UTF8.self)
        )
    }
}
