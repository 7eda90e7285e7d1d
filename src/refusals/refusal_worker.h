/*
 * refusal_worker.h
 *	  The worker that writes refusals down; PostgreSQL finds it by its name.
 */
#ifndef SP71_REFUSAL_WORKER_H
#define SP71_REFUSAL_WORKER_H

#include "sp71_steering.h"

PGDLLEXPORT void refusal_worker_main(Datum handle);

#endif
