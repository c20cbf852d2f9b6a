"""ComfyUI's way in: the nodes, and the folder with their help pages."""

WEB_DIRECTORY = "./web"


async def comfy_entrypoint():
    from .nodes import V2AExtension

    return V2AExtension()
