import Glibc
import Testing

@testable import NATTraversal

@Suite("Netlink answer") struct NetlinkAnswerTests {
    private func answer(to sequence: UInt32 = 1) -> NetlinkAnswer<DefaultRoute> {
        NetlinkAnswer(to: sequence, port: KernelVectors.port, parse: DefaultRoute.init(parsing:))
    }

    @Test("is complete at the end of the dump, not before (X-10)")
    func ends() throws {
        var answer = answer()
        try answer.take(KernelVectors.ipv4Route)
        #expect(!answer.isComplete)
        try answer.take(KernelVectors.ipv4Route + KernelVectors.done)
        #expect(answer.isComplete)
        #expect(!answer.isInterrupted)
        #expect(answer.elements.count == 2)
    }

    @Test("is complete with one message that is not one of several")
    func takesASingleMessage() throws {
        var message = KernelVectors.ipv4Route
        message[6] = 0
        var answer = answer()
        try answer.take(message)
        #expect(answer.isComplete)
        #expect(answer.elements.count == 1)
    }

    @Test("takes nothing of what answers another request or another socket")
    func skipsStrangers() throws {
        var answer = answer()
        var other = KernelVectors.ipv4Route + KernelVectors.done
        other[12] ^= 1
        other[52 + 12] ^= 1
        try answer.take(other)
        try answer.take(KernelVectors.ipv6Route)
        #expect(!answer.isComplete)
        #expect(answer.elements.isEmpty)
    }

    @Test("takes nothing after its end")
    func endsOnce() throws {
        var answer = answer()
        try answer.take(KernelVectors.done + KernelVectors.ipv4Route)
        #expect(answer.elements.isEmpty)
    }

    @Test("tells that the table changed meanwhile")
    func notesInterruption() throws {
        var message = KernelVectors.ipv4Route
        message[6] |= 0x10
        var answer = answer()
        try answer.take(message + KernelVectors.done)
        #expect(answer.isInterrupted)
    }

    @Test("is the kernel's errno when it refuses, also at the end of a dump and out of range")
    func throwsErrors() throws {
        for (code, errno) in [
            ("9bffffff", ENETUNREACH), ("edffffff", ENODEV), ("00000080", Int32.min),
        ] {
            var refusal = answer(to: 8)
            #expect(throws: SystemError("netlink", code: errno)) {
                try refusal.take(
                    Array(KernelVectors.unreachable[..<16]) + bytes(code)
                        + Array(KernelVectors.unreachable[20...]))
            }
            var dump = answer()
            #expect(throws: SystemError("netlink", code: errno)) {
                try dump.take(Array(KernelVectors.done[..<16]) + bytes(code))
            }
        }
        var acknowledged = answer(to: 8)
        try acknowledged.take(
            Array(KernelVectors.unreachable[..<16]) + [0, 0, 0, 0]
                + Array(KernelVectors.unreachable[20...]))
        #expect(acknowledged.isComplete)
    }

    @Test("is an error when the kernel lost a part, or writes what cannot be read")
    func throwsWhatIsMissing() {
        var answer = answer()
        #expect(throws: SystemError("netlink", code: ENOBUFS)) {
            try answer.take(bytes("10000000 04000000 01000000 68250000"))
        }
        #expect(throws: SystemError("netlink", code: EBADMSG)) {
            try answer.take(Array(KernelVectors.ipv4Route.dropLast()))
        }
        #expect(throws: SystemError("netlink", code: EBADMSG)) {
            try answer.take(bytes("12000000 03000200 01000000 68250000 0000"))
        }
    }
}
