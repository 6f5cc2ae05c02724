/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts by hypercall. A vector is an INTID of the target VTL's GIC (as in SINTx).
 *
 * HvCallAssertVirtualInterrupt: a higher VTL is a device for a lower one. It drives the line of an
 * SPI or a PPI: whether that means an edge or a level is the configuration of the lower VTL's GIC
 * (TLFS, HV_INTERRUPT_CONTROL). A level-triggered interrupt stays until it is deasserted; of an
 * edge-triggered one each assertion is an edge. On KVM all PPIs are level-triggered, whatever
 * ICFGR1 was told: an edge takes an SPI, or a SINT. For an SPI, whose way is the GIC's affair
 * (GICD_IROUTER), the destination does not count: OpenVMM leaves it zero. Its own VTL nobody
 * interrupts so (OpenVMM, hardware_cvm/mod.rs): a guest has ICC_SGI1R_EL1 and GICD_ISPENDR.
 *
 * HvCallSendSyntheticClusterIpi(Ex): an edge of a PPI on each VP of a set, at the caller's VTL or a
 * lower one. Vectors are 0x10 to 0xff; 0x20 and up are SPIs, which go to no VP in particular, and
 * are refused. SGIs are below.
 *
 * HvCallRetargetDeviceInterrupt is for devices with MSIs, and the partition has none: every device
 * is an unknown one. Its input is what the TLFS and OpenVMM have, also on arm64, with an interrupt
 * entry of 16 bytes. (Linux declares 24 for arm64, but never makes the call there.)
 */
#ifndef VTL_INTERRUPT_CALLS_H
#define VTL_INTERRUPT_CALLS_H

#include "smccc/hypercall.h"
#include "vtl/partition.h"

#define HV_INTERRUPT_FIXED 0u               /* bits 31:0 of the control word: the type */
#define HV_INTERRUPT_ASSERTED (1ull << 34)
#define HV_INTERRUPT_SOURCE_MSI 1u
#define HV_INTERRUPT_TARGET_MULTICAST 1u
#define HV_INTERRUPT_TARGET_SET 2u          /* a set of VPs, not a mask */

struct hv_assert_interrupt {
    uint64_t partition;
    uint64_t control;
    uint64_t destination; /* MPIDR_EL1 of the VP, with or without its bit 31 */
    uint32_t intid;
    uint8_t vtl; /* a plain number, no HV_INPUT_VTL */
    uint8_t zero[3];
};

struct hv_cluster_ipi {
    uint32_t vector;
    uint8_t vtl; /* HV_INPUT_VTL */
    uint8_t zero[3];
    uint64_t vps; /* a mask */
};

struct hv_cluster_ipi_ex {
    uint32_t vector;
    uint8_t vtl;
    uint8_t zero[3];
    uint64_t format, valid; /* HV_VP_SET; the banks are the variable header */
};

struct hv_retarget_interrupt {
    uint64_t partition;
    uint64_t device;
    uint32_t source, zero;
    uint32_t address, data; /* of the MSI */
    uint64_t zero2;
    uint32_t vector, flags;
    uint64_t vps_or_format; /* with TARGET_SET, the rest of HV_VP_SET is the variable header */
};

struct hv_long_spin_wait {
    uint32_t count;
    uint32_t zero;
};

/*
 * Handlers, see hypercall.h; the context is the calling vtl_vp. INVALID_PARAMETER: reserved bits,
 * no such VP, an INTID that is no PPI or SPI (for IPIs: no PPI), or that the GIC does not have or
 * keeps for itself, as the timers'. ACCESS_DENIED: a VTL that is not below the caller's (for IPIs:
 * above it). INVALID_VTL_STATE: one that is not enabled, on that VP.
 */
enum hv_status hv_assert_interrupt(void *context, const void *header, const void *element,
                                   void *output);
enum hv_status hv_cluster_ipi(void *context, const void *header, const void *element,
                              void *output);
enum hv_status hv_cluster_ipi_ex(void *context, const void *header, const void *element,
                                 void *output);
/* INVALID_DEVICE_ID, if nothing else is wrong. */
enum hv_status hv_retarget_interrupt(void *context, const void *header, const void *element,
                                     void *output);
/* HvCallNotifyLongSpinWait: a hint, which never fails. Another VP's thread may run. */
enum hv_status hv_long_spin_wait(void *context, const void *header, const void *element,
                                 void *output);

#endif
