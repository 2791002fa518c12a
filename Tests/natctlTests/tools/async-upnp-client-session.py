"""Finds the gateway, maps, lists and unmaps by async_upnp_client; prints what it finds."""
import asyncio
from datetime import timedelta
from ipaddress import IPv4Address

import mappings
from async_upnp_client.aiohttp import AiohttpRequester
from async_upnp_client.client_factory import UpnpFactory
from async_upnp_client.exceptions import UpnpActionError
from async_upnp_client.profiles.igd import IgdDevice

EVERYBODY = IPv4Address("0.0.0.0")


async def session():
    found = await IgdDevice.async_search(source=("192.168.77.10", 0), timeout=2)
    location = {answer["location"] for answer in found}
    print("found", len(location), "gateway")
    device = await UpnpFactory(AiohttpRequester()).async_create_device(location.pop())
    gateway = IgdDevice(device, None)
    service = device.find_service("urn:schemas-upnp-org:service:WANIPConnection:2")
    print("events to", service.event_sub_url.rsplit("/", 2)[1:])
    status = await gateway.async_get_status_info()
    print("status", status.connection_status, status.last_connection_error)
    print("address", await gateway.async_get_external_ip_address())
    await gateway.async_add_port_mapping(
        EVERYBODY, 45000, "UDP", 9000, IPv4Address("192.168.77.10"), True, "parts",
        timedelta(minutes=10))
    mappings.show()
    entry = await gateway.async_get_generic_port_mapping_entry(0)
    print("list", entry.external_port, entry.protocol, entry.internal_client, entry.description)
    try:
        await gateway.async_add_port_mapping(
            EVERYBODY, 45001, "UDP", 9000, IPv4Address("192.168.77.11"), True, "", timedelta())
    except UpnpActionError as error:
        print("refused", error.error_code, error.error_desc)
    await gateway.async_delete_port_mapping(EVERYBODY, 45000, "UDP")
    mappings.show()


asyncio.run(session())
