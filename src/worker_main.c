/* worker_main.c - the program penstock-worker: see src/worker/worker.c. */
#include "worker/worker.h"

int main(int argc, char **argv)
{
    return worker_main(argc, argv);
}
