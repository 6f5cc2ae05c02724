/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IGVM file format (Independent Guest Virtual Machine). Names, numbers and layouts are those of
 * its definition, the crate igvm_defs (https://github.com/microsoft/igvm). All numbers in a file
 * are little endian; the structures here only say where they are: see IGVM_GET() and IGVM_PUT().
 *
 *   fixed header | variable headers (type, length, content; multiples of 8 bytes) | file data
 */
#ifndef EMU_IGVM_FORMAT_H
#define EMU_IGVM_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define IGVM_MAGIC UINT32_C(0x4d564749) /* "IGVM" */
#define IGVM_PAGE_SIZE UINT64_C(4096)
#define IGVM_LARGE_PAGE_SIZE UINT64_C(0x200000)
#define IGVM_HEADER_ALIGNMENT 8

enum igvm_format_version {
    IGVM_VERSION_1 = 1, /* always x64; ends behind the checksum */
    IGVM_VERSION_2 = 2,
};

enum igvm_architecture {
    IGVM_X64 = 0,
    IGVM_AARCH64 = 1,
};

struct igvm_fixed_header {
    uint32_t magic;
    uint32_t format_version;
    uint32_t variable_header_offset;
    uint32_t variable_header_size;
    uint32_t total_file_size;
    uint32_t checksum; /* CRC-32 of fixed and variable headers, taken with zeroes here */
    /* From version 2 on: */
    uint32_t architecture;
    uint32_t page_size;
};
#define IGVM_FIXED_HEADER_1 offsetof(struct igvm_fixed_header, architecture)

struct igvm_variable_header {
    uint32_t type;
    uint32_t length; /* of what follows, without padding */
};
#define IGVM_OPTIONAL (UINT32_C(1) << 31) /* in the type: who does not know it may skip it */

enum igvm_type {
    IGVM_SUPPORTED_PLATFORM = 0x1,
    IGVM_PLATFORM_LAST = 0x100,
    IGVM_GUEST_POLICY = 0x101,
    IGVM_RELOCATABLE_REGION = 0x102,
    IGVM_PAGE_TABLE_RELOCATION_REGION = 0x103,
    IGVM_CORIM_DOCUMENT = 0x104,
    IGVM_CORIM_SIGNATURE = 0x105,
    IGVM_CCA_POLICY = 0x106,
    IGVM_INITIALIZATION_LAST = 0x200,
    IGVM_DIRECTIVE_FIRST = 0x301,
    IGVM_PARAMETER_AREA = 0x301,
    IGVM_PAGE_DATA = 0x302,
    IGVM_PARAMETER_INSERT = 0x303,
    IGVM_VP_CONTEXT = 0x304,
    IGVM_REQUIRED_MEMORY = 0x305,
    IGVM_VP_COUNT_PARAMETER = 0x307,
    IGVM_SRAT = 0x308,
    IGVM_MADT = 0x309,
    IGVM_MMIO_RANGES = 0x30a,
    IGVM_SNP_ID_BLOCK = 0x30b,
    IGVM_MEMORY_MAP = 0x30c,
    IGVM_ERROR_RANGE = 0x30d,
    IGVM_COMMAND_LINE = 0x30e,
    IGVM_SLIT = 0x30f,
    IGVM_PPTT = 0x310,
    IGVM_VBS_MEASUREMENT = 0x311,
    IGVM_DEVICE_TREE = 0x312,
    IGVM_ENVIRONMENT_INFO_PARAMETER = 0x313,
    IGVM_DIRECTIVE_LAST = 0x400,
};

enum igvm_platform_type {
    IGVM_PLATFORM_NATIVE = 0,
    IGVM_PLATFORM_VSM_ISOLATION = 1,
    IGVM_PLATFORM_SEV_SNP = 2,
    IGVM_PLATFORM_TDX = 3,
    IGVM_PLATFORM_SEV = 4,
    IGVM_PLATFORM_SEV_ES = 5,
    IGVM_PLATFORM_CCA = 6,
};
#define IGVM_VSM_ISOLATION_VERSION 1

struct igvm_supported_platform {
    uint32_t compatibility_mask; /* one bit, by which the headers that follow refer to it */
    uint8_t highest_vtl;
    uint8_t platform_type;
    uint16_t platform_version;
    uint64_t shared_gpa_boundary;
};

#define IGVM_REGION_IS_VTL2 0x1
#define IGVM_REGION_APPLY_PC 0x2
#define IGVM_REGION_APPLY_GDTR 0x4

struct igvm_relocatable_region {
    uint32_t compatibility_mask;
    uint16_t vp_index;
    uint8_t vtl;
    uint8_t flags;
    uint64_t alignment;
    uint64_t gpa;
    uint64_t size;
    uint64_t minimum_gpa;
    uint64_t maximum_gpa; /* the end may be there, too (the crate igvm) */
};

struct igvm_page_table_relocation {
    uint32_t compatibility_mask;
    uint16_t vp_index;
    uint8_t vtl;
    uint8_t reserved;
    uint64_t gpa;
    uint64_t size;
    uint64_t used_size;
};

struct igvm_parameter_area {
    uint64_t number_of_bytes;
    uint32_t parameter_area_index;
    uint32_t file_offset; /* 0: zeroes */
};

#define IGVM_PAGE_IS_2MB 0x1
#define IGVM_PAGE_UNMEASURED 0x2
#define IGVM_PAGE_SHARED 0x4
#define IGVM_PAGE_TYPE_NORMAL 0

struct igvm_page_data {
    uint64_t gpa;
    uint32_t compatibility_mask;
    uint32_t file_offset; /* 0: zeroes */
    uint32_t flags;
    uint16_t data_type;
    uint16_t reserved;
};

struct igvm_parameter_insert {
    uint64_t gpa;
    uint32_t compatibility_mask;
    uint32_t parameter_area_index;
};

struct igvm_parameter_place {
    uint32_t parameter_area_index;
    uint32_t byte_offset;
};

struct igvm_vp_context {
    uint64_t gpa; /* 0 but for AMD's platforms */
    uint32_t compatibility_mask;
    uint32_t file_offset;
    uint16_t vp_index;
    uint16_t reserved;
};
#define IGVM_VP_CONTEXT_LENGTH 20 /* without the padding of the structure */

/* What file_offset of a VP context refers to: a number of registers, then the registers. */
#define IGVM_REGISTER_COUNT_SIZE 4
struct igvm_vbs_register {
    uint8_t vtl;
    uint8_t name[4]; /* HV_REGISTER_NAME */
    uint8_t zero[11];
    uint8_t value[16];
};

/* Names of registers that are looked at (TLFS, HV_REGISTER_NAME). */
#define IGVM_REGISTER_X0 UINT32_C(0x00020000)
#define IGVM_REGISTER_PC UINT32_C(0x00020022)
#define IGVM_REGISTER_PSTATE UINT32_C(0x00020023)
#define IGVM_REGISTER_SCTLR_EL1 UINT32_C(0x00040002)
#define IGVM_REGISTER_TTBR0_EL1 UINT32_C(0x00040005)
#define IGVM_REGISTER_TCR_EL1 UINT32_C(0x00040007)
#define IGVM_REGISTER_MAIR_EL1 UINT32_C(0x0004000b)

#define IGVM_REQUIRED_VTL2_PROTECTABLE 0x1

struct igvm_required_memory {
    uint64_t gpa;
    uint32_t compatibility_mask;
    uint32_t number_of_bytes;
    uint32_t flags;
    uint32_t reserved;
};

struct igvm_error_range {
    uint64_t gpa;
    uint32_t compatibility_mask;
    uint32_t size;
};

enum igvm_memory_type {
    IGVM_MEMORY = 0,
    IGVM_MEMORY_VTL2_PROTECTABLE = 3,
};

/* An array of these, by address; one with no pages is the last. */
struct igvm_memory_map_entry {
    uint64_t page;
    uint64_t pages;
    uint16_t type;
    uint16_t flags;
    uint32_t reserved;
};

/* Two ranges of page and number of pages. */
#define IGVM_MMIO_RANGES_SIZE 32

/* Of the definition; what is longer here ends with padding that a file need not have. */
_Static_assert(sizeof(struct igvm_fixed_header) == 32, "fixed header");
_Static_assert(sizeof(struct igvm_relocatable_region) == 48, "relocatable region");
_Static_assert(sizeof(struct igvm_page_data) == 24, "page data");
_Static_assert(offsetof(struct igvm_vp_context, reserved) + 2 == IGVM_VP_CONTEXT_LENGTH, "context");
_Static_assert(sizeof(struct igvm_vbs_register) == 32, "register");

/* Little-endian number of @size bytes (1, 2, 4 or 8). */
static inline uint64_t igvm_number(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    while (size--)
        value = value << 8 | bytes[size];
    return value;
}

static inline void igvm_put_number(uint8_t *bytes, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++, value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* A number in the bytes of a structure. */
#define IGVM_GET(bytes, type, field)                                                               \
    igvm_number((bytes) + offsetof(type, field), sizeof(((const type *)0)->field))
#define IGVM_PUT(bytes, type, field, value)                                                        \
    igvm_put_number((bytes) + offsetof(type, field), sizeof(((const type *)0)->field), (value))

#endif
