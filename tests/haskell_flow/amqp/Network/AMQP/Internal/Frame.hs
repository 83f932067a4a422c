{-# LANGUAGE ImportQualifiedPost #-}

-- | Frames: the envelopes of methods, content headers, bodies and heartbeats.
module Network.AMQP.Internal.Frame
  ( Frame (..),
    Payload (..),
    methodFrame,
    messageFrames,
    heartbeatFrame,
    Source,
    newSource,
    readFrame,
  )
where

import Control.Exception (evaluate, throwIO)
import Data.Binary.Get (Get, getWord16be, getWord32be, getWord8, runGet, runGetOrFail)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Builder
import Data.ByteString.Lazy qualified as BL
import Data.IORef
import Data.Word (Word16, Word64, Word8)
import Network.AMQP.Internal.Message
import Network.AMQP.Internal.Method
import Network.Socket (Socket)
import Network.Socket.ByteString (recv)

data Frame = Frame Word16 Payload

data Payload
  = MethodPayload ServerMethod
  | HeaderPayload Word64 Message
  | BodyPayload ByteString
  | Heartbeat

endOfFrame :: Word8
endOfFrame = 0xCE

putFrame :: Word8 -> Word16 -> BL.ByteString -> Builder
putFrame kind channel payload =
  word8 kind
    <> word16BE channel
    <> word32BE (fromIntegral (BL.length payload))
    <> lazyByteString payload
    <> word8 endOfFrame

heartbeatFrame :: BL.ByteString
heartbeatFrame = toLazyByteString (putFrame 8 0 BL.empty)

methodFrame :: Word16 -> Method -> IO BL.ByteString
methodFrame channel = forced . putFrame 1 channel . toLazyByteString . putMethod

-- | A method with its message, the body cut so that no frame exceeds the limit.
messageFrames :: Int -> Word16 -> Method -> Message -> IO BL.ByteString
messageFrames limit channel method message =
  forced $
    putFrame 1 channel (toLazyByteString (putMethod method))
      <> putFrame 2 channel (toLazyByteString (putContentHeader message))
      <> foldMap (putFrame 3 channel) (pieces (msgBody message))
  where
    pieces body
      | BL.null body = []
      | otherwise = let (piece, rest) = BL.splitAt room body in piece : pieces rest
    -- Seven octets before the payload, one after it.
    room = if limit == 0 then maxBound else fromIntegral limit - 8

-- | What cannot be encoded has to fail here, not in the thread that writes.
forced :: Builder -> IO BL.ByteString
forced builder = do
  let bytes = toLazyByteString builder
  _ <- evaluate (BL.length bytes)
  pure bytes

-- | A socket with what was read from it too early.
data Source = Source Socket (IORef ByteString)

newSource :: Socket -> IO Source
newSource sock = Source sock <$> newIORef B.empty

readExactly :: Source -> Int -> IO ByteString
readExactly (Source sock early) size = do
  have <- readIORef early
  collect [have] (B.length have)
  where
    collect chunks got
      | got >= size = do
        let (wanted, rest) = B.splitAt size (B.concat (reverse chunks))
        writeIORef early rest
        pure wanted
      | otherwise = do
        chunk <- recv sock 65536
        if B.null chunk
          then ioError (userError "the broker hung up")
          else collect (chunk : chunks) (got + B.length chunk)

readFrame :: Source -> IO Frame
readFrame source = do
  start <- readExactly source 7
  let (kind, channel, size) = runGet ((,,) <$> getWord8 <*> getWord16be <*> getWord32be) (BL.fromStrict start)
  -- A broker that wants another protocol answers with its own eight octets.
  if B.take 4 start == B.pack [65, 77, 81, 80]
    then throwIO (userError "the broker does not speak AMQP 0-9-1")
    else do
      rest <- readExactly source (fromIntegral size + 1)
      Frame channel <$> decode kind (B.init rest)

decode :: Word8 -> ByteString -> IO Payload
decode kind bytes = case kind of
  1 -> MethodPayload <$> run getServerMethod
  2 -> uncurry HeaderPayload <$> run getContentHeader
  3 -> pure (BodyPayload (B.copy bytes)) -- or it would keep all that was read with it
  8 -> pure Heartbeat
  _ -> throwIO (userError ("unknown kind of frame: " <> show kind))
  where
    run :: Get a -> IO a
    run get = case runGetOrFail get (BL.fromStrict bytes) of
      Right (_, _, result) -> pure result
      Left (_, _, problem) -> throwIO (userError ("cannot read a frame: " <> problem))
