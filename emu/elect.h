/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elections on KVM: what this host has, and what its virtual machines get.
 */
#ifndef EMU_ELECT_H
#define EMU_ELECT_H

#include <glib.h>
#include <stdbool.h>

#include "fw-regs/election.h"
#include "vtl/services.h"

struct machine;

/* The registers of one vCPU as fw-regs/ accesses them; @fd must outlive the result. */
struct fw_access elect_access(const int *fd);

/* Finds what the host has, on a VM made for that. 0 or a negative errno. */
int elect_discover(int kvm, struct fw_host *host);

/*
 * Decides what the guest gets: by the options, defaults, --fw-regs, --hv-services, --fw-reg in this
 * order; or options.restored_election, which a guest had elsewhere. machine_new() does it;
 * machine.election then has every register of the host, and stays.
 */
bool elect_choose(struct machine *machine, GError **error);

/* What the VTL core makes of it. */
struct vtl_services elect_services(const struct fw_election *election);

/*
 * Writes the election to the VM of @vtl, whose vCPUs are there and have not run, and gives it what
 * the services need. Each time the machine gets power.
 */
bool elect_apply(struct machine *machine, unsigned vtl, GError **error);

/* `vtlemu fw-regs list`; argv[0] is "list". Returns an exit status of emu/error.h. */
int elect_list_main(int argc, char **argv);

#endif
