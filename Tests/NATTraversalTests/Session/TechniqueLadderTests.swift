import TestSupport
import Testing

@testable import NATTraversal

@Suite("Technique ladder") struct TechniqueLadderTests {
    /// One gateway a row: what one technique does, what the others do, whether the port is exact;
    /// then the steps, the end, and its time in seconds.
    ///
    /// For PCP and NAT-PMP the other one is not there; for UPnP port 5351 is closed or silent; `via`
    /// asks by the one technique alone. `~` withdraws, `!` asks for another form of the request.
    static let table = """
        pcp granted | UPnP grants | plain | pcp | granted by pcp | 0.01
        pcp granted | UPnP grants | exact | pcp | granted by pcp | 0.01
        pcp granted | no UPnP | plain | pcp | granted by pcp | 0.01
        pcp granted | no UPnP | exact | pcp | granted by pcp | 0.01
        pcp granted | via | plain | pcp | granted by pcp | 0.01
        pcp granted | via | exact | pcp | granted by pcp | 0.01
        pcp otherPort | UPnP grants | plain | pcp | granted by pcp | 0.01
        pcp otherPort | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp otherPort | no UPnP | plain | pcp | granted by pcp | 0.01
        pcp otherPort | no UPnP | exact | pcp nat-pmp upnp | taken pcp | 3.02
        pcp otherPort | via | plain | pcp | granted by pcp | 0.01
        pcp otherPort | via | exact | pcp | taken pcp | 0.01
        pcp notAuthorized | UPnP grants | plain | pcp upnp | granted by upnp | 0.08
        pcp notAuthorized | UPnP grants | exact | pcp upnp | granted by upnp | 0.08
        pcp notAuthorized | no UPnP | plain | pcp upnp | pcp 2 | 3.01
        pcp notAuthorized | no UPnP | exact | pcp upnp | pcp 2 | 3.01
        pcp notAuthorized | via | plain | pcp | pcp 2 | 0.01
        pcp notAuthorized | via | exact | pcp | pcp 2 | 0.01
        pcp full | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp full | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp full | no UPnP | plain | pcp nat-pmp upnp | pcp 8 | 3.02
        pcp full | no UPnP | exact | pcp nat-pmp upnp | pcp 8 | 3.02
        pcp full | via | plain | pcp | pcp 8 | 0.01
        pcp full | via | exact | pcp | pcp 8 | 0.01
        pcp taken | UPnP grants | plain | pcp pcp! pcp! nat-pmp upnp | granted by upnp | 0.11
        pcp taken | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp taken | no UPnP | plain | pcp pcp! pcp! nat-pmp upnp | pcp 11 | 3.04
        pcp taken | no UPnP | exact | pcp nat-pmp upnp | pcp 11 | 3.02
        pcp taken | via | plain | pcp pcp! pcp! | pcp 11 | 0.03
        pcp taken | via | exact | pcp | pcp 11 | 0.01
        pcp wantedTaken | UPnP grants | plain | pcp pcp! | granted by pcp | 0.02
        pcp wantedTaken | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp wantedTaken | no UPnP | plain | pcp pcp! | granted by pcp | 0.02
        pcp wantedTaken | no UPnP | exact | pcp nat-pmp upnp | pcp 11 | 3.02
        pcp wantedTaken | via | plain | pcp pcp! | granted by pcp | 0.02
        pcp wantedTaken | via | exact | pcp | pcp 11 | 0.01
        pcp noAddress | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp noAddress | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp noAddress | no UPnP | plain | pcp nat-pmp upnp | pcp 7 | 3.02
        pcp noAddress | no UPnP | exact | pcp nat-pmp upnp | pcp 7 | 3.02
        pcp noAddress | via | plain | pcp | pcp 7 | 0.01
        pcp noAddress | via | exact | pcp | pcp 7 | 0.01
        pcp options | UPnP grants | plain | pcp pcp! | granted by pcp | 0.02
        pcp options | UPnP grants | exact | pcp pcp! | granted by pcp | 0.02
        pcp options | no UPnP | plain | pcp pcp! | granted by pcp | 0.02
        pcp options | no UPnP | exact | pcp pcp! | granted by pcp | 0.02
        pcp options | via | plain | pcp pcp! | granted by pcp | 0.02
        pcp options | via | exact | pcp pcp! | granted by pcp | 0.02
        pcp unknown | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp unknown | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp unknown | no UPnP | plain | pcp nat-pmp upnp | pcp 99 | 3.02
        pcp unknown | no UPnP | exact | pcp nat-pmp upnp | pcp 99 | 3.02
        pcp unknown | via | plain | pcp | pcp 99 | 0.01
        pcp unknown | via | exact | pcp | pcp 99 | 0.01
        pcp silent | UPnP grants | plain | pcp ~pcp upnp | granted by upnp | 0.51
        pcp silent | UPnP grants | exact | pcp ~pcp upnp | granted by upnp | 0.51
        pcp silent | no UPnP | plain | pcp ~pcp | silence | 3.00
        pcp silent | no UPnP | exact | pcp ~pcp | silence | 3.00
        pcp silent | via | plain | pcp ~pcp | silence | 3.00
        pcp silent | via | exact | pcp ~pcp | silence | 3.00
        pcp closed | UPnP grants | plain | pcp upnp | granted by upnp | 0.07
        pcp closed | UPnP grants | exact | pcp upnp | granted by upnp | 0.07
        pcp closed | no UPnP | plain | pcp upnp pcp upnp | closed | 3.00
        pcp closed | no UPnP | exact | pcp upnp pcp upnp | closed | 3.00
        pcp closed | via | plain | pcp | closed | 1.00
        pcp closed | via | exact | pcp | closed | 1.00
        pcp closedAtFirst | UPnP grants | plain | pcp upnp | granted by upnp | 0.07
        pcp closedAtFirst | UPnP grants | exact | pcp upnp | granted by upnp | 0.07
        pcp closedAtFirst | no UPnP | plain | pcp upnp pcp | granted by pcp | 1.51
        pcp closedAtFirst | no UPnP | exact | pcp upnp pcp | granted by pcp | 1.51
        pcp closedAtFirst | via | plain | pcp | granted by pcp | 0.50
        pcp closedAtFirst | via | exact | pcp | granted by pcp | 0.50
        pcp unsupported | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp unsupported | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        pcp unsupported | no UPnP | plain | pcp nat-pmp upnp | unsupported pcp | 3.02
        pcp unsupported | no UPnP | exact | pcp nat-pmp upnp | unsupported pcp | 3.02
        pcp unsupported | via | plain | pcp | unsupported pcp | 0.01
        pcp unsupported | via | exact | pcp | unsupported pcp | 0.01
        pcp nonsense | UPnP grants | plain | pcp ~pcp nat-pmp upnp | granted by upnp | 0.09
        pcp nonsense | UPnP grants | exact | pcp ~pcp nat-pmp upnp | granted by upnp | 0.09
        pcp nonsense | no UPnP | plain | pcp ~pcp nat-pmp upnp | nonsense pcp | 3.02
        pcp nonsense | no UPnP | exact | pcp ~pcp nat-pmp upnp | nonsense pcp | 3.02
        pcp nonsense | via | plain | pcp ~pcp | nonsense pcp | 0.01
        pcp nonsense | via | exact | pcp ~pcp | nonsense pcp | 0.01
        nat-pmp granted | UPnP grants | plain | pcp nat-pmp | granted by nat-pmp | 0.02
        nat-pmp granted | UPnP grants | exact | pcp nat-pmp | granted by nat-pmp | 0.02
        nat-pmp granted | no UPnP | plain | pcp nat-pmp | granted by nat-pmp | 0.02
        nat-pmp granted | no UPnP | exact | pcp nat-pmp | granted by nat-pmp | 0.02
        nat-pmp granted | via | plain | nat-pmp | granted by nat-pmp | 0.01
        nat-pmp granted | via | exact | nat-pmp | granted by nat-pmp | 0.01
        nat-pmp otherPort | UPnP grants | plain | pcp nat-pmp | granted by nat-pmp | 0.02
        nat-pmp otherPort | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp otherPort | no UPnP | plain | pcp nat-pmp | granted by nat-pmp | 0.02
        nat-pmp otherPort | no UPnP | exact | pcp nat-pmp upnp | taken nat-pmp | 3.02
        nat-pmp otherPort | via | plain | nat-pmp | granted by nat-pmp | 0.01
        nat-pmp otherPort | via | exact | nat-pmp | taken nat-pmp | 0.01
        nat-pmp notAuthorized | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp notAuthorized | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp notAuthorized | no UPnP | plain | pcp nat-pmp upnp | nat-pmp 2 | 3.02
        nat-pmp notAuthorized | no UPnP | exact | pcp nat-pmp upnp | nat-pmp 2 | 3.02
        nat-pmp notAuthorized | via | plain | nat-pmp | nat-pmp 2 | 0.01
        nat-pmp notAuthorized | via | exact | nat-pmp | nat-pmp 2 | 0.01
        nat-pmp full | UPnP grants | plain | pcp nat-pmp nat-pmp! upnp | granted by upnp | 0.10
        nat-pmp full | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp full | no UPnP | plain | pcp nat-pmp nat-pmp! upnp | nat-pmp 4 | 3.03
        nat-pmp full | no UPnP | exact | pcp nat-pmp upnp | nat-pmp 4 | 3.02
        nat-pmp full | via | plain | nat-pmp nat-pmp! | nat-pmp 4 | 0.02
        nat-pmp full | via | exact | nat-pmp | nat-pmp 4 | 0.01
        nat-pmp taken | UPnP grants | plain | pcp nat-pmp nat-pmp! upnp | granted by upnp | 0.10
        nat-pmp taken | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp taken | no UPnP | plain | pcp nat-pmp nat-pmp! upnp | nat-pmp 4 | 3.03
        nat-pmp taken | no UPnP | exact | pcp nat-pmp upnp | nat-pmp 4 | 3.02
        nat-pmp taken | via | plain | nat-pmp nat-pmp! | nat-pmp 4 | 0.02
        nat-pmp taken | via | exact | nat-pmp | nat-pmp 4 | 0.01
        nat-pmp wantedTaken | UPnP grants | plain | pcp nat-pmp nat-pmp! | granted by nat-pmp | 0.03
        nat-pmp wantedTaken | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp wantedTaken | no UPnP | plain | pcp nat-pmp nat-pmp! | granted by nat-pmp | 0.03
        nat-pmp wantedTaken | no UPnP | exact | pcp nat-pmp upnp | nat-pmp 4 | 3.02
        nat-pmp wantedTaken | via | plain | nat-pmp nat-pmp! | granted by nat-pmp | 0.02
        nat-pmp wantedTaken | via | exact | nat-pmp | nat-pmp 4 | 0.01
        nat-pmp noAddress | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp noAddress | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp noAddress | no UPnP | plain | pcp nat-pmp upnp | nat-pmp 3 | 3.02
        nat-pmp noAddress | no UPnP | exact | pcp nat-pmp upnp | nat-pmp 3 | 3.02
        nat-pmp noAddress | via | plain | nat-pmp | nat-pmp 3 | 0.01
        nat-pmp noAddress | via | exact | nat-pmp | nat-pmp 3 | 0.01
        nat-pmp unknown | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp unknown | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp unknown | no UPnP | plain | pcp nat-pmp upnp | nat-pmp 99 | 3.02
        nat-pmp unknown | no UPnP | exact | pcp nat-pmp upnp | nat-pmp 99 | 3.02
        nat-pmp unknown | via | plain | nat-pmp | nat-pmp 99 | 0.01
        nat-pmp unknown | via | exact | nat-pmp | nat-pmp 99 | 0.01
        nat-pmp silent | UPnP grants | plain | pcp nat-pmp ~nat-pmp upnp | granted by upnp | 0.52
        nat-pmp silent | UPnP grants | exact | pcp nat-pmp ~nat-pmp upnp | granted by upnp | 0.52
        nat-pmp silent | no UPnP | plain | pcp nat-pmp ~nat-pmp | unsupported pcp | 30.00
        nat-pmp silent | no UPnP | exact | pcp nat-pmp ~nat-pmp | unsupported pcp | 30.00
        nat-pmp silent | via | plain | nat-pmp ~nat-pmp | silence | 3.00
        nat-pmp silent | via | exact | nat-pmp ~nat-pmp | silence | 3.00
        nat-pmp closed | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.08
        nat-pmp closed | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.08
        nat-pmp closed | no UPnP | plain | pcp nat-pmp upnp nat-pmp upnp | unsupported pcp | 3.01
        nat-pmp closed | no UPnP | exact | pcp nat-pmp upnp nat-pmp upnp | unsupported pcp | 3.01
        nat-pmp closed | via | plain | nat-pmp | closed | 1.00
        nat-pmp closed | via | exact | nat-pmp | closed | 1.00
        nat-pmp closedAtFirst | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.08
        nat-pmp closedAtFirst | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.08
        nat-pmp closedAtFirst | no UPnP | plain | pcp nat-pmp upnp nat-pmp | granted by nat-pmp | 1.52
        nat-pmp closedAtFirst | no UPnP | exact | pcp nat-pmp upnp nat-pmp | granted by nat-pmp | 1.52
        nat-pmp closedAtFirst | via | plain | nat-pmp | granted by nat-pmp | 0.50
        nat-pmp closedAtFirst | via | exact | nat-pmp | granted by nat-pmp | 0.50
        nat-pmp unsupported | UPnP grants | plain | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp unsupported | UPnP grants | exact | pcp nat-pmp upnp | granted by upnp | 0.09
        nat-pmp unsupported | no UPnP | plain | pcp nat-pmp upnp | unsupported pcp | 3.02
        nat-pmp unsupported | no UPnP | exact | pcp nat-pmp upnp | unsupported pcp | 3.02
        nat-pmp unsupported | via | plain | nat-pmp | unsupported nat-pmp | 0.01
        nat-pmp unsupported | via | exact | nat-pmp | unsupported nat-pmp | 0.01
        nat-pmp nonsense | UPnP grants | plain | pcp nat-pmp ~nat-pmp upnp | granted by upnp | 0.09
        nat-pmp nonsense | UPnP grants | exact | pcp nat-pmp ~nat-pmp upnp | granted by upnp | 0.09
        nat-pmp nonsense | no UPnP | plain | pcp nat-pmp ~nat-pmp upnp | nonsense nat-pmp | 3.02
        nat-pmp nonsense | no UPnP | exact | pcp nat-pmp ~nat-pmp upnp | nonsense nat-pmp | 3.02
        nat-pmp nonsense | via | plain | nat-pmp ~nat-pmp | nonsense nat-pmp | 0.01
        nat-pmp nonsense | via | exact | nat-pmp ~nat-pmp | nonsense nat-pmp | 0.01
        upnp granted | closed | plain | pcp upnp | granted by upnp | 0.07
        upnp granted | closed | exact | pcp upnp | granted by upnp | 0.07
        upnp granted | silent | plain | pcp ~pcp upnp | granted by upnp | 0.51
        upnp granted | silent | exact | pcp ~pcp upnp | granted by upnp | 0.51
        upnp granted | via | plain | upnp | granted by upnp | 0.07
        upnp granted | via | exact | upnp | granted by upnp | 0.07
        upnp otherPort | closed | plain | pcp upnp | granted by upnp | 0.07
        upnp otherPort | closed | exact | pcp upnp | taken upnp | 0.07
        upnp otherPort | silent | plain | pcp ~pcp upnp | granted by upnp | 0.51
        upnp otherPort | silent | exact | pcp ~pcp upnp | taken upnp | 0.51
        upnp otherPort | via | plain | upnp | granted by upnp | 0.07
        upnp otherPort | via | exact | upnp | taken upnp | 0.07
        upnp notAuthorized | closed | plain | pcp upnp | upnp 606 | 0.07
        upnp notAuthorized | closed | exact | pcp upnp | upnp 606 | 0.07
        upnp notAuthorized | silent | plain | pcp ~pcp upnp | upnp 606 | 0.51
        upnp notAuthorized | silent | exact | pcp ~pcp upnp | upnp 606 | 0.51
        upnp notAuthorized | via | plain | upnp | upnp 606 | 0.07
        upnp notAuthorized | via | exact | upnp | upnp 606 | 0.07
        upnp full | closed | plain | pcp upnp | upnp 728 | 0.07
        upnp full | closed | exact | pcp upnp | upnp 728 | 0.07
        upnp full | silent | plain | pcp ~pcp upnp | upnp 728 | 0.51
        upnp full | silent | exact | pcp ~pcp upnp | upnp 728 | 0.51
        upnp full | via | plain | upnp | upnp 728 | 0.07
        upnp full | via | exact | upnp | upnp 728 | 0.07
        upnp taken | closed | plain | pcp upnp | upnp 718 | 0.07
        upnp taken | closed | exact | pcp upnp | upnp 718 | 0.07
        upnp taken | silent | plain | pcp ~pcp upnp | upnp 718 | 0.51
        upnp taken | silent | exact | pcp ~pcp upnp | upnp 718 | 0.51
        upnp taken | via | plain | upnp | upnp 718 | 0.07
        upnp taken | via | exact | upnp | upnp 718 | 0.07
        upnp noAddress | closed | plain | pcp upnp | no address upnp | 0.07
        upnp noAddress | closed | exact | pcp upnp | no address upnp | 0.07
        upnp noAddress | silent | plain | pcp ~pcp upnp | no address upnp | 0.51
        upnp noAddress | silent | exact | pcp ~pcp upnp | no address upnp | 0.51
        upnp noAddress | via | plain | upnp | no address upnp | 0.07
        upnp noAddress | via | exact | upnp | no address upnp | 0.07
        upnp unknown | closed | plain | pcp upnp | upnp 99 | 0.07
        upnp unknown | closed | exact | pcp upnp | upnp 99 | 0.07
        upnp unknown | silent | plain | pcp ~pcp upnp | upnp 99 | 0.51
        upnp unknown | silent | exact | pcp ~pcp upnp | upnp 99 | 0.51
        upnp unknown | via | plain | upnp | upnp 99 | 0.07
        upnp unknown | via | exact | upnp | upnp 99 | 0.07
        upnp silent | closed | plain | pcp upnp pcp upnp | closed | 3.00
        upnp silent | closed | exact | pcp upnp pcp upnp | closed | 3.00
        upnp silent | silent | plain | pcp ~pcp | silence | 3.00
        upnp silent | silent | exact | pcp ~pcp | silence | 3.00
        upnp silent | via | plain | upnp | silence | 3.00
        upnp silent | via | exact | upnp | silence | 3.00
        upnp closed | closed | plain | pcp upnp | closed upnp | 1.00
        upnp closed | closed | exact | pcp upnp | closed upnp | 1.00
        upnp closed | silent | plain | pcp ~pcp upnp | closed upnp | 1.50
        upnp closed | silent | exact | pcp ~pcp upnp | closed upnp | 1.50
        upnp closed | via | plain | upnp | closed upnp | 1.00
        upnp closed | via | exact | upnp | closed upnp | 1.00
        upnp closedAtFirst | closed | plain | pcp upnp | granted by upnp | 0.50
        upnp closedAtFirst | closed | exact | pcp upnp | granted by upnp | 0.50
        upnp closedAtFirst | silent | plain | pcp ~pcp upnp | granted by upnp | 0.51
        upnp closedAtFirst | silent | exact | pcp ~pcp upnp | granted by upnp | 0.51
        upnp closedAtFirst | via | plain | upnp | granted by upnp | 0.50
        upnp closedAtFirst | via | exact | upnp | granted by upnp | 0.50
        upnp unsupported | closed | plain | pcp upnp | unsupported upnp | 0.07
        upnp unsupported | closed | exact | pcp upnp | unsupported upnp | 0.07
        upnp unsupported | silent | plain | pcp ~pcp upnp | unsupported upnp | 0.51
        upnp unsupported | silent | exact | pcp ~pcp upnp | unsupported upnp | 0.51
        upnp unsupported | via | plain | upnp | unsupported upnp | 0.07
        upnp unsupported | via | exact | upnp | unsupported upnp | 0.07
        upnp nonsense | closed | plain | pcp upnp | nonsense upnp | 0.07
        upnp nonsense | closed | exact | pcp upnp | nonsense upnp | 0.07
        upnp nonsense | silent | plain | pcp ~pcp upnp | nonsense upnp | 0.51
        upnp nonsense | silent | exact | pcp ~pcp upnp | nonsense upnp | 0.51
        upnp nonsense | via | plain | upnp | nonsense upnp | 0.07
        upnp nonsense | via | exact | upnp | nonsense upnp | 0.07
        """

    struct Row: Sendable, CustomTestStringConvertible {
        var technique: Technique
        var behaviour: LadderSimulation.Behaviour
        var others: String
        var isExact: Bool
        var steps: String
        var end: String
        var seconds: Double

        var testDescription: String {
            "\(technique.rawValue) \(behaviour.rawValue), \(others)\(isExact ? ", exact" : "")"
        }

        init?(_ line: Substring) {
            let columns = line.split(separator: "|").map { $0.trimmingBlanks() }
            guard columns.count == 6, let seconds = Double(columns[5]) else { return nil }
            let words = columns[0].split(separator: " ").map(String.init)
            guard words.count == 2, let technique = Technique(rawValue: words[0]),
                let behaviour = LadderSimulation.Behaviour(rawValue: words[1])
            else { return nil }
            (self.technique, self.behaviour) = (technique, behaviour)
            (others, isExact) = (String(columns[1]), columns[2] == "exact")
            (steps, end, self.seconds) = (String(columns[3]), String(columns[4]), seconds)
        }

        var simulation: LadderSimulation {
            var behaviours: [Technique: LadderSimulation.Behaviour]
            if technique == .upnp {
                let other: LadderSimulation.Behaviour = others == "closed" ? .closed : .silent
                behaviours = [.pcp: other, .natPMP: other]
            } else {
                behaviours = [.pcp: .unsupported, .natPMP: .unsupported]
                behaviours[.upnp] = others == "UPnP grants" ? .granted : .silent
            }
            behaviours[technique] = behaviour
            return LadderSimulation(
                behaviours: behaviours, isExact: isExact, via: others == "via" ? technique : nil)
        }
    }

    static let rows = table.split(separator: "\n").compactMap { Row($0) }

    @Test("the table is whole") func wholeTable() {
        #expect(Self.rows.count == 234)
        #expect(Self.rows.count == Self.table.split(separator: "\n").count)
    }

    @Test("what is asked next, how it ends, and when", arguments: rows)
    func climbs(row: Row) {
        let trace = row.simulation.run()
        #expect(trace.steps.joined(separator: " ") == row.steps)
        #expect(trace.end == row.end)
        #expect(abs(trace.time / .seconds(1) - row.seconds) < 0.02)
    }

    @Test("a renewal that is refused for want of room is made anew once, and then moves on (N-8)")
    func renewsAnew() {
        let trace = LadderSimulation(
            behaviours: [.pcp: .full, .upnp: .granted], isRenewal: true
        ).run()
        #expect(trace.steps == ["pcp", "pcp!"])
        #expect(trace.end == "granted by pcp")
    }

    @Test(
        "a longer --timeout lengthens waiting for silence, and not for a second opinion on a no",
        arguments: [
            (.silent, "silence", 15), (.closed, "closed", 15), (.notAuthorized, "pcp 2", 3),
            (.unknown, "pcp 99", 3), (.nonsense, "nonsense pcp", 3), (.taken, "pcp 11", 3),
        ] as [(LadderSimulation.Behaviour, String, Double)])
    func timeout(behaviour: LadderSimulation.Behaviour, end: String, seconds: Double) {
        let trace = LadderSimulation(
            behaviours: [.pcp: behaviour, .natPMP: .unsupported], timeout: .seconds(15)
        ).run()
        #expect(trace.end == end)
        #expect(abs(trace.time / .seconds(1) - seconds) < 0.1)
    }

    @Test("UPnP that is asked first and hangs does not keep the others from their turn")
    func hangsFirst() throws {
        let start = ContinuousClock.now
        var ladder = TechniqueLadder(
            [.upnp, .pcp, .natPMP], port: .http, isRenewal: true, searchLimit: nil)
        func next(after seconds: Int) throws -> TechniqueLadder.Asking {
            let step = ladder.next(
                at: start + .seconds(seconds), deadline: start + .seconds(30))
            guard case .ask(let asking) = step else { throw Unasked(step: step) }
            return asking
        }
        let first = try next(after: 0)
        #expect(first.technique == .upnp)
        #expect(first.serviceEnd == start + .seconds(3))
        ladder.failed(
            .noAnswer(gateway: .router, technique: .upnp, after: .seconds(3)), by: .upnp,
            at: start + .seconds(3))
        #expect(try next(after: 3).technique == .pcp)
        for technique in [Technique.pcp, .natPMP] {
            ladder.failed(
                .unsupported(gateway: .router, technique: technique), by: technique,
                at: start + .seconds(4))
            if technique == .pcp { #expect(try next(after: 4).technique == .natPMP) }
        }
        // Now it has all the time that is left.
        let last = try next(after: 5)
        #expect(last.technique == .upnp)
        #expect(last.serviceEnd == nil)
    }

    private struct Unasked: Error { var step: TechniqueLadder.Step }

    @Test("a silence that is known from an earlier run is waited for only for a moment")
    func knownSilence() {
        func trace(_ pcp: LadderSimulation.Behaviour, known: Bool) -> LadderSimulation.Trace {
            LadderSimulation(behaviours: [.pcp: pcp, .upnp: .granted], isKnownSilent: known).run()
        }
        #expect(trace(.silent, known: false).time >= TechniqueLadder.silence)
        let known = trace(.silent, known: true)
        #expect(known.steps == ["pcp", "~pcp", "upnp"])
        #expect(known.time < .milliseconds(100))
        // One that has learnt to answer is believed.
        #expect(trace(.granted, known: true).end == "granted by pcp")
    }

    @Test(
        "the silence of PCP and NAT-PMP is told from an answer and from a question not asked",
        arguments: [
            ([.pcp, .natPMP, .upnp], nil, nil),
            ([.upnp, .pcp, .natPMP], nil, nil),
            ([.pcp, .natPMP, .upnp], .noAnswer(gateway: .router, after: .seconds(1)), true),
            ([.pcp, .natPMP, .upnp], .unsupported(gateway: .router, technique: .pcp), false),
            (
                [.pcp, .natPMP, .upnp],
                .noAnswer(gateway: .router, technique: .natPMP, after: .seconds(1)), false
            ),
        ] as [([Technique], PortMapperError?, Bool?)])
    func silence(order: [Technique], failure: PortMapperError?, isSilent: Bool?) throws {
        let now = ContinuousClock.now
        var ladder = TechniqueLadder(
            order, port: try TestPort.number(8080), searchLimit: .seconds(3))
        _ = ladder.next(at: now, deadline: now + .seconds(3))
        if let failure { ladder.failed(failure, by: .pcp, at: now) }
        #expect(ladder.isSharedPortSilent == isSilent)
    }

    @Test("two techniques without an external address speak for the third")
    func noAddress() {
        let trace = LadderSimulation(
            behaviours: [.pcp: .noAddress, .natPMP: .noAddress, .upnp: .granted]
        ).run()
        #expect(trace.steps == ["pcp", "nat-pmp"])
        #expect(trace.end == "pcp 7")
    }

    @Test("whatever the techniques do, it ends in its time, with at most one refused form each")
    func ends() {
        let all: [LadderSimulation.Behaviour] = [
            .granted, .otherPort, .notAuthorized, .full, .taken, .wantedTaken, .noAddress,
            .options, .unknown, .silent, .closed, .closedAtFirst, .unsupported, .nonsense,
        ]
        for pcp in all {
            for natpmp in all {
                for upnp in all {
                    for isExact in [false, true] {
                        let behaviours: [Technique: LadderSimulation.Behaviour] = [
                            .pcp: pcp, .natPMP: natpmp, .upnp: upnp,
                        ]
                        let trace = LadderSimulation(behaviours: behaviours, isExact: isExact)
                            .run()
                        #expect(trace.time <= .seconds(30), "\(behaviours)")
                        #expect(trace.end != "endless" && trace.end != "nothing")
                    }
                }
            }
        }
    }

    @Test(
        "what the first port finds out of a gateway spares the others the same",
        arguments: [UInt8(66), 2],
        [
            PortMapperError.unsupported(gateway: .router, technique: .pcp),
            .noAnswer(gateway: .router, technique: .natPMP, after: .milliseconds(750)),
        ])
    func learns(natpmp code: UInt8, pcp failure: PortMapperError) throws {
        let now = ContinuousClock.now
        let port = try TestPort.number(8080)
        func ladder() -> TechniqueLadder {
            TechniqueLadder([.pcp, .natPMP, .upnp], port: port, searchLimit: .seconds(3))
        }
        var (first, second) = (ladder(), ladder())
        _ = first.next(at: now, deadline: now + .seconds(3))
        first.failed(failure, by: .pcp, at: now)
        _ = first.next(at: now, deadline: now + .seconds(3))
        first.failed(.refused(try .test(.natPMP, Int(code))), by: .natPMP, at: now)
        second.learn(from: first)
        // That NAT-PMP refuses one port says nothing of another.
        guard case .ask(let asking) = second.next(at: now, deadline: now + .seconds(3)) else {
            Issue.record("nothing is asked")
            return
        }
        #expect(asking.technique == .natPMP)
    }

    @Test("nobody else is asked for a port that another host has, or for what none can express")
    func endsForAll() throws {
        let now = ContinuousClock.now
        let port = try TestPort.number(8080)
        let problems: [PortMapperError] = [
            .foreign(gateway: .router, externalPort: port, client: .v4(.loopback)),
            .inexpressible("a description with a line break"),
        ]
        for problem in problems {
            var ladder = TechniqueLadder(
                [.upnp, .pcp, .natPMP], port: port, searchLimit: .seconds(3))
            _ = ladder.next(at: now, deadline: now + .seconds(30))
            ladder.failed(problem, by: .upnp, at: now)
            #expect(ladder.next(at: now, deadline: now + .seconds(30)) == .end)
            #expect(ladder.error == problem)
        }
    }

    @Test("a technique for which this host lacks something is absent, and the next one is asked")
    func passesOver() throws {
        let now = ContinuousClock.now
        var ladder = TechniqueLadder(
            [.upnp, .pcp], port: try TestPort.number(8080), searchLimit: .seconds(3))
        _ = ladder.next(at: now, deadline: now + .seconds(30))
        let problem = PortMapperError.system(SystemError("connect", code: 101))
        ladder.failed(problem, by: .upnp, at: now)
        guard case .ask(let asking) = ladder.next(at: now, deadline: now + .seconds(30)) else {
            Issue.record("nothing is asked")
            return
        }
        #expect(asking.technique == .pcp)
    }

    @Test("what was waiting for its sibling's outcome is asked once the sibling is found absent")
    func uncovers() throws {
        let now = ContinuousClock.now
        var ladder = TechniqueLadder(
            [.pcp, .natPMP], port: try TestPort.number(8080), searchLimit: .seconds(3))
        func technique() -> Technique? {
            while true {
                switch ladder.next(at: now, deadline: now + .seconds(30)) {
                case .ask(let asking): return asking.technique
                case .withdraw: continue
                case .end: return nil
                }
            }
        }
        #expect(technique() == .pcp)
        ladder.failed(.noAnswer(gateway: .router, after: .seconds(1)), by: .pcp, at: now)
        #expect(technique() == .pcp)
        ladder.failed(.unsupported(gateway: .router, technique: .pcp), by: .pcp, at: now)
        #expect(technique() == .natPMP)
    }

    @Test(
        "a silent technique beside one that answers is not absent: the other is asked, then it again"
    )
    func silenceBesideAnswers() throws {
        let now = ContinuousClock.now
        let (end, port) = (now + .seconds(30), try TestPort.number(8080))
        var ladder = TechniqueLadder(
            [.pcp, .natPMP, .upnp], port: port, searchLimit: .seconds(3))
        func next(_ ladder: inout TechniqueLadder) -> Technique? {
            while true {
                switch ladder.next(at: now, deadline: end) {
                case .ask(let asking): return asking.technique
                case .withdraw: continue
                case .end: return nil
                }
            }
        }
        #expect(next(&ladder) == .pcp)
        ladder.failed(
            .noAnswer(gateway: .router, technique: .natPMP, after: .seconds(1)), by: .pcp, at: now)
        #expect(next(&ladder) == .natPMP)
        ladder.failed(.noAnswer(gateway: .router, after: .seconds(3)), by: .natPMP, at: now)
        #expect(next(&ladder) == .upnp)
        ladder.failed(.noAnswer(gateway: .router, after: .seconds(3)), by: .upnp, at: now)
        #expect(next(&ladder) == .pcp)
        // The gateway has shown that it is there, so that this is worth more than plain silence.
        guard case .noAnswer(_, .natPMP, _)? = ladder.error else {
            Issue.record("\(String(describing: ladder.error))")
            return
        }
    }

    @Test("of two failures the one is told that says more, and of equals the first")
    func tellsMore() throws {
        let silence = PortMapperError.noAnswer(gateway: .router, after: .seconds(3))
        let closed = PortMapperError.closed(
            gateway: .router, cause: SystemError("receive", code: 111))
        let unusable = PortMapperError.noAnswer(
            gateway: .router, technique: .upnp, after: .seconds(3))
        let nonsense = PortMapperError.badAnswer(gateway: .router, technique: .pcp, problem: "")
        let ranking = [silence, closed, unusable, nonsense, .refused(try .test(.pcp, 2))]
        for (index, lesser) in ranking.enumerated() {
            for greater in ranking.dropFirst(index + 1) {
                #expect(PortMapperError.moreTelling(lesser, greater) == greater)
                #expect(PortMapperError.moreTelling(greater, lesser) == greater)
            }
        }
        let (first, second) = (
            PortMapperError.refused(try .test(.pcp, 2)),
            PortMapperError.refused(try .test(.upnp, 606))
        )
        #expect(PortMapperError.moreTelling(first, second) == first)
        #expect(PortMapperError.moreTelling(nil, second) == second)
    }
}
