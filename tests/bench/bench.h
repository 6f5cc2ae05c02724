/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the benchmark and its guest code agree on. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

/* One-way switches in a run; also the exits measured for the floor. */
#define BENCH_SWITCHES 4000

#endif
