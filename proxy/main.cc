#include "proxy/app/program.h"

int main(int argc, char** argv) {
    return sabil::proxy::app::run_program(argc, argv);
}
