/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small IGVM file with everything in it that is honoured, for tests: a region of three pages and
 * a parameter area at SAMPLE_BASE, page tables behind them, and what is for another platform.
 */
#ifndef TESTS_IGVM_SAMPLE_H
#define TESTS_IGVM_SAMPLE_H

#include <string.h>

#include "tests/igvm/builder.h"

#define SAMPLE_BASE UINT64_C(0x08000000)
#define SAMPLE_PAGES 3
#define SAMPLE_AREA (SAMPLE_BASE + SAMPLE_PAGES * IGVM_PAGE_SIZE)
#define SAMPLE_AREA_SIZE (2 * IGVM_PAGE_SIZE)
#define SAMPLE_REGION_SIZE IGVM_LARGE_PAGE_SIZE
#define SAMPLE_TABLES (SAMPLE_BASE + SAMPLE_REGION_SIZE)
#define SAMPLE_TABLES_USED (3 * IGVM_PAGE_SIZE)
#define SAMPLE_TABLES_SIZE (6 * IGVM_PAGE_SIZE)
#define SAMPLE_SIZE (2 * IGVM_LARGE_PAGE_SIZE)
#define SAMPLE_ENTRY (SAMPLE_BASE + 0x100)

/* Where the parameters are in the area. */
#define SAMPLE_VP_COUNT 0x0
#define SAMPLE_ENVIRONMENT 0x4
#define SAMPLE_MMIO 0x8
#define SAMPLE_MAP 0x100
#define SAMPLE_WORDS 0x200
#define SAMPLE_TREE 0x1000

/* Level 0, level 1, level 2 with one block of 2 MiB for the region, and one for the tables. */
static inline void sample_tables(struct builder *builder)
{
    uint8_t page[IGVM_PAGE_SIZE] = {0};

    igvm_put_number(page, 8, (SAMPLE_TABLES + IGVM_PAGE_SIZE) | 0x3);
    builder_page(builder, SAMPLE_TABLES, page);
    igvm_put_number(page, 8, (SAMPLE_TABLES + 2 * IGVM_PAGE_SIZE) | 0x3);
    builder_page(builder, SAMPLE_TABLES + IGVM_PAGE_SIZE, page);
    memset(page, 0, sizeof(page));
    igvm_put_number(page + SAMPLE_BASE / IGVM_LARGE_PAGE_SIZE * 8, 8, SAMPLE_BASE | 0x701);
    igvm_put_number(page + SAMPLE_TABLES / IGVM_LARGE_PAGE_SIZE * 8, 8, SAMPLE_TABLES | 0x701);
    builder_page(builder, SAMPLE_TABLES + 2 * IGVM_PAGE_SIZE, page);
}

static inline void sample_parameters(struct builder *builder)
{
    uint8_t content[SAMPLE_AREA_SIZE];

    memset(content, 0xee, sizeof(content));
    builder_area(builder, 7, sizeof(content), content);
    builder_parameter(builder, IGVM_VP_COUNT_PARAMETER, 7, SAMPLE_VP_COUNT);
    builder_parameter(builder, IGVM_ENVIRONMENT_INFO_PARAMETER, 7, SAMPLE_ENVIRONMENT);
    builder_parameter(builder, IGVM_MMIO_RANGES, 7, SAMPLE_MMIO);
    builder_parameter(builder, IGVM_MEMORY_MAP, 7, SAMPLE_MAP);
    builder_parameter(builder, IGVM_COMMAND_LINE, 7, SAMPLE_WORDS);
    builder_parameter(builder, IGVM_SLIT, 7, SAMPLE_WORDS + 0x100);
    builder_parameter(builder, IGVM_DEVICE_TREE, 7, SAMPLE_TREE);
    builder_insert(builder, 7, SAMPLE_AREA);
}

static inline void sample_registers(struct builder *builder)
{
    static const struct builder_register registers[] = {
        {IGVM_REGISTER_PC, SAMPLE_ENTRY},      {IGVM_REGISTER_X0, 0x1234},
        {IGVM_REGISTER_PSTATE, 0x3c5},         {IGVM_REGISTER_SCTLR_EL1, 0x30d01805},
        {IGVM_REGISTER_TCR_EL1, 0x580803510},  {IGVM_REGISTER_TTBR0_EL1, SAMPLE_TABLES},
        {IGVM_REGISTER_MAIR_EL1, 0xffbb4400},
    };

    builder_registers(builder, 2, registers, G_N_ELEMENTS(registers));
}

/* Platform and initialization headers. */
static inline void sample_begin(struct builder *builder)
{
    builder_init(builder);
    builder_platform(builder, 2, IGVM_PLATFORM_CCA, 0);
    builder_platform(builder, BUILDER_MASK, IGVM_PLATFORM_VSM_ISOLATION, 2);
    builder_region(builder, SAMPLE_BASE, SAMPLE_REGION_SIZE,
                   IGVM_REGION_IS_VTL2 | IGVM_REGION_APPLY_PC);
    builder_tables(builder, SAMPLE_TABLES, SAMPLE_TABLES_SIZE, SAMPLE_TABLES_USED);
}

/* Directives: page 0 holds 0x10, page 1 0x11, page 2 nothing. */
static inline void sample_directives(struct builder *builder)
{
    uint8_t page[IGVM_PAGE_SIZE];

    builder_required(builder, SAMPLE_BASE, SAMPLE_SIZE, IGVM_REQUIRED_VTL2_PROTECTABLE);
    memset(page, 0x10, sizeof(page));
    builder_page(builder, SAMPLE_BASE, page);
    memset(page, 0x11, sizeof(page));
    builder_page(builder, SAMPLE_BASE + IGVM_PAGE_SIZE, page);
    builder_page(builder, SAMPLE_BASE + 2 * IGVM_PAGE_SIZE, NULL);
    sample_tables(builder);
    sample_parameters(builder);
    sample_registers(builder);
}

#endif
