/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookup of an SMCCC call by owner, then by id: see function.h. */
#include "smccc/function.h"

const struct smccc_function *smccc_service_find(const struct smccc_service *service, void *context,
                                                uint32_t id)
{
    if (service->offers && !service->offers(service, context, id))
        return NULL;
    for (size_t i = 0; i < service->count; i++)
        if (service->functions[i].id == id)
            return &service->functions[i];
    return NULL;
}

enum smccc_outcome smccc_dispatch(const struct smccc_service *services, size_t count, void *context,
                                  struct smccc_registers *registers)
{
    uint32_t id = (uint32_t)registers->x[0];

    for (size_t i = 0; i < count; i++) {
        const struct smccc_function *function;

        if (services[i].owner != smccc_function_owner(id))
            continue;
        function = smccc_service_find(&services[i], context, id);
        if (function)
            return function->handle(&services[i], context, registers);
    }
    registers->x[0] = SMCCC_NOT_SUPPORTED;
    return SMCCC_DONE;
}
