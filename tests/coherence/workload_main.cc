// Counters that only grow, written straight to the server, read through the coherence engine and a small cache: no hit
// may be older than what was applied when it was looked up. Ends with 0 where that held and 1 where it did not.
//
//   coherence_workload --host 127.0.0.1 --port 3306 --user root [--password x] [--hits 10000000] [--changes 20000]
//   [--seconds 120]
//                      [--readers 2] [--writers 1] [--mutant NAME] [--purges 1] [--engine_port 3307] [--verbose 1]
//
// --hits 0: as many as --seconds allow. A mutant breaks one rule on purpose; a run with one must end with 1, or the
// check would prove nothing (--purges 1: all is purged 50 times a second, so that signatures are born all the time):
//   no_check         whatever is cached is served
//   delete_on_event  an entry counts from the moment it is stored: what was applied by then is taken as contained
//   lease            as above, from the moment its SELECT is sent
//   position_floor   the floor is what the tailer has begun to read
//   no_birth         signatures have no birth stamp
//   no_closure       what a foreign key carries to the children's rows ends nothing (MySQL 9.6+ logs these rows)
#include <cstdio>
#include <map>
#include <string>

#include "tests/coherence/workload.h"

namespace sabil::coherence_test {
namespace {

bool parse(int argc, char** argv, Settings& settings) {
    const std::map<std::string, Mutant> mutants{{"none", Mutant::none},
                                                {"no_check", Mutant::no_check},
                                                {"delete_on_event", Mutant::delete_on_event},
                                                {"lease", Mutant::lease},
                                                {"position_floor", Mutant::position_floor},
                                                {"no_birth", Mutant::no_birth},
                                                {"no_closure", Mutant::no_closure}};
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string name = argv[i];
        std::string value = argv[i + 1];
        if (name == "--host")
            settings.connect.endpoint.host = value;
        else if (name == "--port")
            settings.connect.endpoint.port = static_cast<std::uint16_t>(std::stoi(value));
        else if (name == "--user")
            settings.connect.user = value;
        else if (name == "--password")
            settings.connect.password = value;
        else if (name == "--hits")
            settings.hits = std::stoull(value);
        else if (name == "--changes")
            settings.changes = std::stoull(value);
        else if (name == "--seconds")
            settings.seconds = std::stoi(value);
        else if (name == "--readers")
            settings.readers = static_cast<unsigned>(std::stoul(value));
        else if (name == "--writers")
            settings.writers = static_cast<unsigned>(std::stoul(value));
        else if (name == "--purges")
            settings.purges = value == "1";
        else if (name == "--engine_port")
            settings.engine_port = static_cast<std::uint16_t>(std::stoi(value));
        else if (name == "--verbose")
            settings.verbose = value == "1";
        else if (name == "--mutant" && mutants.contains(value))
            settings.mutant = mutants.at(value);
        else
            return false;
    }
    return argc % 2 == 1;
}

}  // namespace
}  // namespace sabil::coherence_test

int main(int argc, char** argv) {
    sabil::coherence_test::Settings settings;
    settings.connect.user = "root";
    if (!sabil::coherence_test::parse(argc, argv, settings)) {
        fprintf(stderr,
                "usage: coherence_workload --host H --port P --user U [--password X] [--hits N] [--changes N] "
                "[--seconds S] "
                "[--readers N] [--writers N] [--mutant NAME] [--purges 1] [--engine_port P]\n");
        return 2;
    }
    return sabil::coherence_test::Workload(std::move(settings)).run();
}
